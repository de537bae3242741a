/** Whether a table's calls end when they should, and their failures are told. */
import { ApiError } from '../api-error.js'
import type { Scan } from '../table.js'
import { ConformanceFailure } from './conformance-failure.js'
import { listedColumns, type ScanSpecification, scanFor } from './run-scan.js'
import type { Check, Trial } from './trial.js'

/** The most calls of a scan that are made to fail, one in each run. */
const mostFailures = 5

export function callChecks(trial: Trial): Check[] {
  return [
    { name: 'cancel between calls', run: () => checkCancelBetweenCalls(trial) },
    { name: 'cancel within a call', run: () => checkCancelWithinCall(trial) },
    { name: 'early end', run: () => checkEarlyEnd(trial) },
    { name: 'failing calls', run: () => checkFailingCalls(trial) },
  ]
}

/** The cancellation, as the engine words it. */
function cancellation(): ApiError {
  return new ApiError('canceling statement due to user request', { sqlState: '57014' })
}

/** Reads the rows of the first call of `list`. */
async function read(specification: ScanSpecification): Promise<number> {
  let count = 0
  for await (const batch of specification.table.list(scanFor(specification, []))) count += batch.length
  return count
}

/** @param call makes the calls; the real ones by default */
function listing(trial: Trial, connection: unknown, request: Partial<ScanSpecification>): ScanSpecification {
  return trial.specification(connection, { columns: listedColumns(trial.table), ...request })
}

async function checkCancelBetweenCalls(trial: Trial): Promise<void> {
  await trial.use(async (connection) => {
    const cancel = new AbortController()
    let running = 0
    let allowed = 0
    let further = 0
    const call: Scan['call'] = async (_, run) => {
      if (cancel.signal.aborted) {
        further++
        throw cancel.signal.reason
      }
      running++
      try {
        const answer = await run(cancel.signal)
        if (!cancel.signal.aborted) {
          // Whoever waits for one of these may ask once more before noticing.
          allowed = running + 1
          cancel.abort(cancellation())
        }
        return answer
      } finally {
        running--
      }
    }
    const list = read(listing(trial, connection, { signal: cancel.signal, call })).catch((error: unknown) => {
      if (!cancel.signal.aborted) throw error
    })
    await trial.ends('a scan that was cancelled in mid-page', list)
    if (further > allowed)
      throw new ConformanceFailure(`after it was cancelled, it has asked for ${further} further calls`)
  })
}

async function checkCancelWithinCall(trial: Trial): Promise<void> {
  await trial.use(async (connection) => {
    const reason = cancellation()
    const cancelled = AbortSignal.abort(reason)
    let deaf: string | undefined
    const call: Scan['call'] = async (name, run) => {
      const isDeaf = await trial.ends(
        `the call ${name} with a signal that is aborted`,
        run(cancelled).then(
          () => true,
          () => false,
        ),
      )
      if (isDeaf) deaf ??= name
      throw reason
    }
    await trial.ends(
      'a scan whose call was cancelled',
      read(listing(trial, connection, { call })).catch(() => 0),
    )
    if (deaf !== undefined)
      throw new ConformanceFailure(`the call ${deaf} does not end by its signal: pass it on to the request`)
  })
}

async function checkEarlyEnd(trial: Trial): Promise<void> {
  await trial.use(async (connection) => {
    const end = new AbortController()
    const specification = listing(trial, connection, { signal: end.signal })
    const rows = specification.table.list(scanFor(specification, []))[Symbol.asyncIterator]()
    await rows.next()
    // As the engine does when its limit is reached.
    end.abort(cancellation())
    await trial.ends(
      'a scan that nobody reads on',
      Promise.resolve(rows.return?.()).catch(() => undefined),
    )
  })
}

async function checkFailingCalls(trial: Trial): Promise<void> {
  const { outcome } = await trial.baseline()
  for (let failing = 0; failing < Math.min(outcome.listCalls.length, mostFailures); failing++) {
    await trial.use(async (connection) => {
      const failure = new ApiError('the conformance suite lets this call fail', {
        code: 'ConformanceFailure',
      })
      let made = 0
      let failed: string | undefined
      const call: Scan['call'] = async (name, run) => {
        if (made++ === failing) {
          failed = name
          throw failure
        }
        return run(new AbortController().signal)
      }
      const error = await trial.ends(
        'a scan with a failing call',
        read(listing(trial, connection, { call })).then(
          () => undefined,
          (thrown: unknown) => thrown,
        ),
      )
      if (failed === undefined) return
      if (error === undefined)
        throw new ConformanceFailure(
          `the call ${failed} fails, and the scan goes on as if there were no rows`,
        )
      if (!ApiError.is(error))
        throw new ConformanceFailure(
          `the call ${failed} fails, and the scan with ${String(error)}, which is no ApiError`,
        )
    })
  }
}
