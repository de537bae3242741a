/**
 * Several streams as one, in the order in which their items come.
 *
 * @param concurrency how many of the sources are read side by side; the others wait. All by default.
 */
export async function* merge<Item>(
  sources: Iterable<AsyncIterable<Item>>,
  concurrency = Number.POSITIVE_INFINITY,
): AsyncGenerator<Item, void, void> {
  const waiting = sources[Symbol.iterator]()
  const reading = new Set<AsyncIterator<Item>>()
  const arrived: Arrival<Item>[] = []
  let wake: (() => void) | undefined

  const read = (iterator: AsyncIterator<Item>) => {
    const arrive = (arrival: Arrival<Item>) => {
      arrived.push(arrival)
      wake?.()
    }
    iterator.next().then(
      (result) => arrive({ iterator, result }),
      (error: unknown) => arrive({ iterator, error }),
    )
  }
  const startNext = () => {
    const next = waiting.next()
    if (next.done === true) return false
    const iterator = next.value[Symbol.asyncIterator]()
    reading.add(iterator)
    read(iterator)
    return true
  }

  try {
    while (reading.size < concurrency && startNext()) {}
    while (reading.size > 0) {
      const arrival = arrived.shift()
      if (arrival === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        wake = undefined
        continue
      }
      const { iterator } = arrival
      if ('error' in arrival) {
        reading.delete(iterator)
        throw arrival.error
      }
      if (arrival.result.done === true) {
        reading.delete(iterator)
        startNext()
      } else {
        // The next page is fetched while this one is worked on.
        read(iterator)
        yield arrival.result.value
      }
    }
  } finally {
    // After an error or an early end, the others end when their call in flight does. Nothing waits for that.
    for (const iterator of reading) iterator.return?.().catch(() => {})
  }
}

type Arrival<Item> =
  | { readonly iterator: AsyncIterator<Item>; readonly result: IteratorResult<Item> }
  | { readonly iterator: AsyncIterator<Item>; readonly error: unknown }
