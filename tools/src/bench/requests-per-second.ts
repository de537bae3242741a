/** One connection that asks and asks again, by hand: a driver would take more time than the server that is measured. */
import type { Socket } from 'node:net'
import pg, { type ClientConfig } from 'pg'

const readyForQuery = 0x5a

export interface BareConnection {
  readonly client: pg.Client
  readonly socket: Socket
}

/** A connection past its start-up, whose socket is free to write to. */
export async function connectBare(config: ClientConfig): Promise<BareConnection> {
  const client = new pg.Client(config)
  await client.connect()
  return { client, socket: Object(client).connection.stream }
}

/** How often a second connections side by side are answered, for as long as is said. */
export async function requestsPerSecond(
  connections: readonly BareConnection[],
  request: () => Buffer,
  firstType: string,
  milliseconds: number,
): Promise<number> {
  const start = performance.now()
  const counts = await Promise.all(
    connections.map(({ socket }) => requestsUntil(socket, request, firstType, start + milliseconds)),
  )
  const seconds = (performance.now() - start) / 1000
  await Promise.all(connections.map(({ client }) => client.end()))
  return counts.reduce((sum, count) => sum + count, 0) / seconds
}

/**
 * Sends a request, waits for its reply, and begins again until it is time to end.
 * @param firstType type of the message that each reply begins with, such as `T` for RowDescription; another one is an
 * error, which the server probably tells of
 * @param end in milliseconds of `performance.now()`
 * @returns how many requests were answered
 */
function requestsUntil(
  socket: Socket,
  request: () => Buffer,
  firstType: string,
  end: number,
): Promise<number> {
  const listeners = socket.listeners('data')
  socket.removeAllListeners('data')
  return new Promise((resolve, reject) => {
    let count = 0
    const onData = (chunk: Buffer) => {
      // Replies are far shorter than a chunk; each ends with ReadyForQuery: Z, length 5, status.
      if (chunk.length < 6 || chunk.readUInt8(chunk.length - 6) !== readyForQuery) return
      if (chunk.toString('latin1', 0, 1) !== firstType) {
        reject(new Error(`not what was asked for: ${chunk.toString('latin1')}`))
        return
      }
      count++
      if (performance.now() < end) {
        socket.write(request())
        return
      }
      socket.off('data', onData)
      for (const listener of listeners) socket.on('data', listener as (chunk: Buffer) => void)
      resolve(count)
    }
    socket.on('data', onData)
    socket.write(request())
  })
}
