/** A session for one statement, which may read and nothing else. */
import { Socket } from 'node:net'
import { readerRole } from '@millrace/sql-engine/postgres/names'
import { Client, type ClientConfig } from 'pg'
import { type Notice, openSession, type Session } from '../client/session.js'
import { type Ceilings, mostBytes } from './ceilings.js'

export interface ReaderSession {
  readonly client: Client
  readonly notices: readonly Notice[]
  /** Why the session was ended before its statement was; undefined while it was not. */
  readonly ended: string | undefined
  close(): Promise<void>
}

/** How long a statement that is told to end is waited for, in milliseconds. */
const patience = 2_000

/**
 * The role owns nothing and may write nowhere, and the transaction is read-only; once a statement has begun in it, it can
 * only be made read-write by ending it (check_transaction_read_only in PostgreSQL's variable.c). Only one statement
 * runs in the session, by the extended protocol, which takes no more; so what it sets serves no other.
 * @throws UserError where nobody answers
 */
export async function openReader(
  config: ClientConfig,
  { calls, seconds }: Ceilings,
  signal: AbortSignal,
): Promise<ReaderSession> {
  const notices: Notice[] = []
  let ended: string | undefined
  const socket = () => {
    // The driver connects it.
    const made = new Socket()
    let bytes = 0
    made.on('data', (chunk) => {
      bytes += chunk.length
      if (bytes <= mostBytes || ended !== undefined) return
      ended = `it was ended after ${mostBytes / 1024 ** 2} MB of rows: ask for fewer or shorter values`
      made.destroy()
    })
    return made
  }
  const reader = { ...config, user: readerRole, application_name: 'millrace mcp' }
  const session = await openSession({ ...reader, stream: socket }, (notice) => {
    if (notices.length < mostNotices) notices.push(notice)
  })
  const { client } = session
  const abort = () => session.cancel()
  signal.addEventListener('abort', abort, { once: true })
  let killing: Promise<void> | undefined
  const timers = [
    setTimeout(() => {
      ended ??= `it was ended after ${seconds} s, the most that it may take here`
      session.cancel()
    }, seconds * 1000),
    // A statement may catch that it is cancelled. It cannot catch that its session ends.
    setTimeout(
      () => {
        killing = terminate(reader, client)
      },
      seconds * 1000 + patience,
    ),
  ]
  const close = async () => {
    for (const timer of timers) clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    await killing
    await session.end()
  }
  try {
    await limit(session, calls, seconds)
  } catch (error) {
    await close()
    throw error
  }
  return {
    client,
    notices,
    get ended() {
      return ended
    },
    close,
  }
}

const mostNotices = 20

/** The home's own quota holds where it is lower. */
async function limit({ client }: Session, calls: number, seconds: number): Promise<void> {
  await client.query(
    `select pg_catalog.set_config('statement_timeout', $1, false),
       pg_catalog.set_config('millrace.max_api_calls', least(nullif(
         substring(pg_catalog.current_setting('millrace.max_api_calls', true) from '^\\d{1,15}')::bigint, -1), $2::bigint)::text, false)`,
    [String(seconds * 1000), calls],
  )
  await client.query('begin transaction read only')
  // From its first snapshot on, the transaction stays read-only.
  await client.query('select')
}

async function terminate(config: ClientConfig, client: Client): Promise<void> {
  const other = new Client(config)
  other.on('error', () => {})
  try {
    await other.connect()
    await other.query('select pg_catalog.pg_terminate_backend($1)', [Reflect.get(client, 'processID')])
  } catch {
    // Where nobody answers, nothing runs.
  } finally {
    await other.end().catch(() => {})
  }
}
