/**
 * Several streams as one, in the order in which their items come.
 *
 * @param sources may themselves come one after the other, such as one for each row of a list; the next one is waited for
 *   only where there is room for it
 * @param concurrency how many of the sources are read side by side; the others wait. All by default.
 */
export async function* merge<Item>(
  sources: Iterable<AsyncIterable<Item>> | AsyncIterable<AsyncIterable<Item>>,
  concurrency = Number.POSITIVE_INFINITY,
): AsyncGenerator<Item, void, void> {
  const waiting =
    Symbol.asyncIterator in sources ? sources[Symbol.asyncIterator]() : sources[Symbol.iterator]()
  const reading = new Set<AsyncIterator<Item>>()
  const arrived: Arrival<Item>[] = []
  let wake: (() => void) | undefined
  let supply = 'open' as Supply

  const arrive = (arrival: Arrival<Item>) => {
    arrived.push(arrival)
    wake?.()
  }
  const read = (iterator: AsyncIterator<Item>) => {
    iterator.next().then(
      (result) => arrive({ kind: 'item', iterator, result }),
      (error: unknown) => arrive({ kind: 'failure', iterator, error }),
    )
  }
  const start = (next: IteratorResult<AsyncIterable<Item>, unknown>) => {
    if (next.done === true) {
      supply = 'ended'
      return
    }
    supply = 'open'
    const iterator = next.value[Symbol.asyncIterator]()
    reading.add(iterator)
    read(iterator)
  }
  const startMore = () => {
    while (supply === 'open' && reading.size < concurrency) {
      const next = waiting.next()
      if (!(next instanceof Promise)) {
        start(next)
        continue
      }
      supply = 'awaited'
      next.then(
        (source) => arrive({ kind: 'source', source }),
        (error: unknown) => arrive({ kind: 'failure', iterator: undefined, error }),
      )
    }
  }

  try {
    startMore()
    while (reading.size > 0 || supply === 'awaited') {
      const arrival = arrived.shift()
      if (arrival === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        wake = undefined
        continue
      }
      switch (arrival.kind) {
        case 'failure':
          if (arrival.iterator === undefined) supply = 'ended'
          else reading.delete(arrival.iterator)
          throw arrival.error
        case 'source':
          start(arrival.source)
          startMore()
          break
        case 'item':
          if (arrival.result.done === true) {
            reading.delete(arrival.iterator)
            startMore()
          } else {
            // The next page is fetched while this one is worked on.
            read(arrival.iterator)
            yield arrival.result.value
          }
      }
    }
  } finally {
    // After an error or an early end, the others end when their call in flight does. Nothing waits for that.
    for (const iterator of reading) iterator.return?.().catch(() => {})
    if (supply !== 'ended') endOf(waiting)
  }
}

/** Ends sources that are not needed any more, which may hold a page of a list. */
function endOf(waiting: Iterator<unknown> | AsyncIterator<unknown>): void {
  const ended = waiting.return?.()
  if (ended instanceof Promise) ended.catch(() => {})
}

/** Whether there may be more sources to start, the next one is awaited, or there are none. */
type Supply = 'open' | 'awaited' | 'ended'

type Arrival<Item> =
  | { readonly kind: 'item'; readonly iterator: AsyncIterator<Item>; readonly result: IteratorResult<Item> }
  | { readonly kind: 'source'; readonly source: IteratorResult<AsyncIterable<Item>, unknown> }
  | {
      readonly kind: 'failure'
      /** Absent where it is the sources that have failed. */
      readonly iterator: AsyncIterator<Item> | undefined
      readonly error: unknown
    }
