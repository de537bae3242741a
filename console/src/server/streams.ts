/** Bodies of answers that are made while they are read. */

const encoder = new TextEncoder()

/** A line of JSON for each event. It is asked for the next one when the last one has been taken. */
export function jsonLines<Event>(
  events: AsyncIterable<Event>,
  onCancel: () => void,
): ReadableStream<Uint8Array> {
  const iterator = events[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next()
        if (done === true) controller.close()
        else controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`))
      },
      cancel: onCancel,
    },
    { highWaterMark: 0 },
  )
}

/**
 * What a writer writes. It waits until what it wrote last has been taken.
 * @param write is given what to write with, and rejects where the reader goes away
 */
export function writtenBody(
  write: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(
    {},
    { highWaterMark: 0 },
    { highWaterMark: 0 },
  )
  const writer = writable.getWriter()
  write((bytes) => (bytes.length === 0 ? Promise.resolve() : writer.write(bytes)))
    .then(() => writer.close())
    // The reader then sees that the file is not whole.
    .catch((error: unknown) => writer.abort(error).catch(() => {}))
  return readable
}
