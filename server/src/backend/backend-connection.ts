/** Opens a client's own connection to PostgreSQL. */
import type { Socket } from 'node:net'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { outOfResources } from '@millrace/sql-engine/out-of-resources'
import type { Postgres, SessionIdentity, SessionServer } from '@millrace/sql-engine/postgres/postgres'
import { openServer, type ServerPlace } from '@millrace/sql-engine/postgres/server-place'
import { rejectUnknownOptions } from '@millrace/sql-engine/settings/known-settings'
import { readDataRow, toDatabaseError } from '../wire/backend-messages.js'
import { ByteWriter } from '../wire/byte-writer.js'
import { FrameReader } from '../wire/frame-reader.js'
import { startupPacket } from '../wire/frontend-messages.js'
import { backend, frontend } from '../wire/message-types.js'
import { SocketWriter } from '../wire/socket-writer.js'
import { BackendLogin } from './backend-login.js'

export interface BackendConnection {
  readonly place: ServerPlace
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
 * @throws DatabaseError as PostgreSQL rejects the client, 42704 for a setting that does not exist, 08006 when it
 *   cannot be reached, or 57P03 when what answers is not the server that the engine knows
 */
export async function connectBackend(
  { sessions, names }: Pick<Postgres, 'sessions' | 'names'>,
  parameters: ReadonlyMap<string, string>,
): Promise<BackendConnection> {
  rejectUnknownOptions(parameters)
  const { place, identity } = sessions
  const { role, password } = sessions.login(parameters.get('user') ?? '')
  const database = parameters.get('database') ?? ''
  if (identity !== undefined && database !== names.database) throw unknownDatabase(database)
  const socket = await openServer(place).catch((error: unknown) => {
    throw outOfResources(error) ?? unreachable(error)
  })
  const reader = new FrameReader(socket, () => {})
  const writer = new SocketWriter(socket)
  const send = (message: Buffer) => {
    writer.add(message)
    writer.flush()
  }
  try {
    send(startupPacket(withSettings(parameters, sessions).set('user', role)))
    const greeted = await readGreeting(reader, new BackendLogin(role, password, send))
    if (identity !== undefined) await checkIdentity(identity, reader, send)
    return { place, socket, reader, writer, ...greeted }
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/**
 * Puts the settings before the client's own options, of which the last counts; parameters of the packet count for more.
 */
function withSettings(
  parameters: ReadonlyMap<string, string>,
  { settings }: SessionServer,
): Map<string, string> {
  const all = new Map(parameters)
  const first = [...settings].map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, '\\$&')}`)
  const options = [...first, ...(all.has('options') ? [all.get('options')] : [])]
  if (options.length > 0) all.set('options', options.join(' '))
  return all
}

async function readGreeting(
  reader: FrameReader,
  login: BackendLogin,
): Promise<{ key: Buffer; greeting: Buffer }> {
  const greeting: Buffer[] = []
  let key: Buffer = Buffer.alloc(0)
  for (;;) {
    const { type, message } = await nextMessage(reader)
    if (type === backend.errorResponse) throw toDatabaseError(message)
    if (type === backend.authentication) {
      await login.answer(message)
      continue
    }
    greeting.push(message)
    if (type === backend.backendKeyData) key = message.subarray(5)
    if (type === backend.readyForQuery) return { key, greeting: Buffer.concat(greeting) }
  }
}

async function checkIdentity(
  { question, isExpected }: SessionIdentity,
  reader: FrameReader,
  send: (message: Buffer) => void,
): Promise<void> {
  send(new ByteWriter().string(question).message(String.fromCharCode(frontend.query)))
  let answer: string | undefined
  for (;;) {
    const { type, message } = await nextMessage(reader)
    if (type === backend.errorResponse) throw toDatabaseError(message)
    if (type === backend.dataRow) answer = readDataRow(message)[0] ?? undefined
    if (type === backend.readyForQuery) break
  }
  if (isExpected(answer)) return
  throw new DatabaseError('the engine is being started again', {
    sqlState: '57P03', // cannot_connect_now
    detail: 'PostgreSQL has been restarted, or another server has taken its place.',
    hint: 'Try once more.',
  })
}

async function nextMessage(reader: FrameReader): Promise<{ type: number; message: Buffer }> {
  for (;;) {
    const head = reader.peek()
    const message = head && reader.take(head.size)
    if (head !== undefined && message !== undefined) return { type: head.type, message }
    if (!(await reader.wait())) throw unreachable(undefined)
  }
}

function unknownDatabase(name: string): DatabaseError {
  return new DatabaseError(`database "${name}" is not served here`, { sqlState: '3D000' })
}

function unreachable(cause: unknown): DatabaseError {
  return new DatabaseError('the engine cannot be reached', {
    sqlState: '08006',
    detail: cause instanceof Error ? cause.message : undefined,
    hint: 'PostgreSQL may be starting again; try once more.',
    cause,
  })
}
