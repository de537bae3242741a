/**
 * A promise's outcome, or the signal's reason if it is aborted first. The promise's later outcome is dropped,
 * including a rejection.
 */
export function abortable<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    const settle = () => signal.removeEventListener('abort', onAbort)
    promise.then(
      (value) => {
        settle()
        resolve(value)
      },
      (error: unknown) => {
        settle()
        reject(error)
      },
    )
  })
}

/** What a source yields until the signal is aborted; then throws its reason, without waiting for the source. */
export async function* untilAborted<Value>(
  source: AsyncIterable<Value>,
  signal: AbortSignal,
): AsyncGenerator<Value, void, void> {
  const iterator = source[Symbol.asyncIterator]()
  let exhausted = false
  try {
    for (;;) {
      const next = await abortable(iterator.next(), signal)
      if (next.done === true) {
        exhausted = true
        return
      }
      yield next.value
    }
  } finally {
    // A source in the middle of a call ends when that call does. Nothing waits for it, or sees its errors.
    if (!exhausted) iterator.return?.()?.catch(() => {})
  }
}
