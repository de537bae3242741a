import { ApiError } from '../api-error.js'

/** A class of errors; it need not be possible to make one here. */
type ErrorClass<Kind extends Error> = abstract new (...values: never[]) => Kind

/**
 * The error that a promise is rejected with: an `ApiError` unless another class is named.
 * @throws {Error} where the promise is fulfilled, or rejected with an error of another class (which is its cause)
 */
export async function errorOf(promise: Promise<unknown>): Promise<ApiError>
export async function errorOf<Kind extends Error>(
  promise: Promise<unknown>,
  kind: ErrorClass<Kind>,
): Promise<Kind>
export async function errorOf(promise: Promise<unknown>, kind: ErrorClass<Error> = ApiError): Promise<Error> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    if (error instanceof kind) return error
    throw new Error(`expected an error of the class ${kind.name}: ${String(error)}`, { cause: error })
  }
  throw new Error(`expected an error, but the promise was fulfilled: ${String(value)}`)
}
