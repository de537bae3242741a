/**
 * Several streams as one, in the order in which their items come.
 */

export async function* merge<Item>(sources: readonly AsyncIterable<Item>[]): AsyncGenerator<Item> {
  const pending = new Map<AsyncIterator<Item>, ReturnType<typeof nextOf<Item>>>()
  for (const source of sources) {
    const iterator = source[Symbol.asyncIterator]()
    pending.set(iterator, nextOf(iterator))
  }
  try {
    while (pending.size > 0) {
      const { iterator, result } = await Promise.race(pending.values())
      if (result.done === true) {
        pending.delete(iterator)
      } else {
        pending.set(iterator, nextOf(iterator))
        yield result.value
      }
    }
  } finally {
    // After an error or an early end: the others end when their call in flight does. Nobody waits for that.
    void Promise.allSettled(pending.values())
    for (const iterator of pending.keys()) iterator.return?.().catch(() => {})
  }
}

async function nextOf<Item>(iterator: AsyncIterator<Item>) {
  return { iterator, result: await iterator.next() }
}
