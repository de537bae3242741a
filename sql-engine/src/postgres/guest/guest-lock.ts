/** One gateway at a time works in a database: it holds an advisory lock there for as long as it runs. */
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import { DatabaseError } from '../../database-error.js'

/** Two numbers that nobody else is likely to lock: the letters "mill" and "race". */
const [first, second] = ['mill', 'race'].map((letters) => Buffer.from(letters).readInt32BE(0))

/** How often, and after what pause in milliseconds, it is tried: PostgreSQL may not have noticed yet that another is gone. */
const attempts = 10
const pause = 200

/** What the lock's connection is called in pg_stat_activity. */
export function holderName(): string {
  return `millrace on ${hostname().slice(0, 30)}, process ${process.pid}`
}

/** @throws DatabaseError 55P03 that names the gateway which has it */
export async function lockDatabase(client: Client, database: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { rows } = await client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock($1, $2) AS locked',
      [first, second],
    )
    if (rows[0]?.locked === true) return
    if (attempt === attempts) throw inUse(database, await lockHolder(client))
    await delay(pause)
  }
}

export interface LockHolder {
  readonly pid: number
  /** What it calls itself, where it may be seen. */
  readonly name: string | null
  readonly address: string | null
}

/** The gateway that works in the database now. */
export async function lockHolder(client: Client): Promise<LockHolder | undefined> {
  const { rows } = await client.query<LockHolder>(
    `SELECT pid, application_name AS name, host(client_addr) AS address
       FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE locktype = 'advisory' AND classid::bigint = $1 AND objid::bigint = $2 AND granted
        AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [first, second],
  )
  return rows[0]
}

function inUse(database: string, holder: LockHolder | undefined): DatabaseError {
  const from = holder?.address === null || holder === undefined ? '' : ` from ${holder.address}`
  const who =
    holder === undefined ? 'another Millrace' : `"${holder.name ?? 'a session of another role'}"${from}`
  const session = holder === undefined ? '' : ` (PostgreSQL's process ${holder.pid})`
  return new DatabaseError(`the database "${database}" is in use by another Millrace`, {
    sqlState: '55P03', // lock_not_available
    detail: `It is ${who}${session}.`,
    hint:
      holder === undefined
        ? 'Stop it, or give this one another database.'
        : `Stop it, or give this one another database. If it is long gone: SELECT pg_terminate_backend(${holder.pid}).`,
  })
}
