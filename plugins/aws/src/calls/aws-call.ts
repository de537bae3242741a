/**
 * One call to AWS, through the scan that needs it.
 */
import type { Scan } from '@millrace/plugin-sdk'
import { toApiError } from './aws-error.js'

/** What a call needs of a scan. Scans of all tables have it. */
export type CallScan = Pick<Scan, 'call' | 'signal'>

/** An answer that a table expects: one of the error codes that it named. */
export class ExpectedError {
  constructor(
    readonly code: string,
    readonly message: string,
  ) {}
}

/** @throws ApiError */
export function awsCall<Result>(
  scan: CallScan,
  name: string,
  region: string,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return scan.call(
    name,
    async (signal) => {
      try {
        return await run(signal)
      } catch (error) {
        throw toApiError(error, region)
      }
    },
    region,
  )
}

/**
 * Makes a call like {@link awsCall}, with errors that are not failures of the query.
 * @param codes names of errors, as the API reference lists them for the call
 */
export function awsCallExpecting<Result>(
  scan: CallScan,
  name: string,
  region: string,
  codes: readonly string[],
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result | ExpectedError> {
  return awsCall(scan, name, region, async (signal) => {
    try {
      return await run(signal)
    } catch (error) {
      if (error instanceof Error && codes.includes(error.name)) {
        return new ExpectedError(error.name, error.message)
      }
      throw error
    }
  })
}
