/** Opens a client's own connection to PostgreSQL. */
import { createConnection, type Socket } from 'node:net'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { outOfResources } from '@millrace/sql-engine/out-of-resources'
import { rejectUnknownOptions } from '@millrace/sql-engine/settings/known-settings'
import { toDatabaseError } from '../wire/backend-messages.js'
import { FrameReader } from '../wire/frame-reader.js'
import { startupPacket } from '../wire/frontend-messages.js'
import { backend } from '../wire/message-types.js'
import { SocketWriter } from '../wire/socket-writer.js'

export interface BackendConnection {
  readonly socketPath: string
  readonly socket: Socket
  readonly reader: FrameReader
  readonly writer: SocketWriter
  /** The body of BackendKeyData, which a cancel request names. */
  readonly key: Buffer
  /** What PostgreSQL sends to a client that has just been admitted, up to and including ReadyForQuery. */
  readonly greeting: Buffer
}

/**
 * @param parameters of the client's start-up packet
 * @throws DatabaseError as PostgreSQL rejects the client, 42704 for a setting that does not exist, or 08006 when it
 *   cannot be reached
 */
export async function connectBackend(
  socketPath: string,
  parameters: ReadonlyMap<string, string>,
): Promise<BackendConnection> {
  rejectUnknownOptions(parameters)
  const socket = createConnection(socketPath)
  const reader = new FrameReader(socket, () => {})
  const writer = new SocketWriter(socket)
  try {
    await connected(socket)
    writer.add(startupPacket(parameters))
    writer.flush()
    return { socketPath, socket, reader, writer, ...(await readGreeting(reader)) }
  } catch (error) {
    socket.destroy()
    throw error
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', (error) => reject(outOfResources(error) ?? unreachable(error)))
  })
}

async function readGreeting(reader: FrameReader): Promise<{ key: Buffer; greeting: Buffer }> {
  const greeting: Buffer[] = []
  let key: Buffer = Buffer.alloc(0)
  for (;;) {
    const head = reader.peek()
    const message = head && reader.take(head.size)
    if (message === undefined) {
      if (!(await reader.wait())) throw unreachable(undefined)
      continue
    }
    if (head?.type === backend.errorResponse) throw toDatabaseError(message)
    // The gateway has admitted the client; PostgreSQL trusts what it sends.
    if (head?.type === backend.authentication) {
      if (message.readInt32BE(5) !== 0) throw unreachable(new Error('the engine asks for a password'))
      continue
    }
    greeting.push(message)
    if (head?.type === backend.backendKeyData) key = message.subarray(5)
    if (head?.type === backend.readyForQuery) return { key, greeting: Buffer.concat(greeting) }
  }
}

function unreachable(cause: Error | undefined): DatabaseError {
  return new DatabaseError('the engine cannot be reached', {
    sqlState: '08006',
    detail: cause?.message,
    hint: 'PostgreSQL may be starting again; try once more.',
    cause,
  })
}
