/**
 * Advisory locks by which gateways know of each other in a database. Each holds them on a connection of its own for as long as
 * it works there, so that PostgreSQL itself lets go of what a dead one has held.
 * https://www.postgresql.org/docs/18/explicit-locking.html#ADVISORY-LOCKS
 */
import { randomInt } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { type Client, type Pool, DatabaseError as ServerError } from 'pg'
import { DatabaseError } from '../../database-error.js'

/** A number that nobody else is likely to lock with, and others for what is locked: all from four letters. */
const [millrace, presence, catalog, standing] = ['mill', 'race', 'cata', 'stan'].map((letters) =>
  Buffer.from(letters).readInt32BE(0),
)

/** Gateways' numbers are below this, and below all other numbers that are locked. */
const numbersEnd = 2 ** 28

/** How often, and after what pause in milliseconds, it is tried: PostgreSQL may not have noticed yet that another is gone. */
const attempts = 10
const pause = 200

/** How long a gateway waits for another that changes the catalog. */
const catalogPatience = '60s'

const lockNotAvailable = '55P03'

/** What the locks' connection is called in pg_stat_activity. */
export function holderName(): string {
  return `millrace on ${hostname().slice(0, 30)}, process ${process.pid}`
}

/**
 * Makes this one of the gateways that work in the database, until the connection ends.
 * @returns the gateway's number there, which no earlier one has had, as far as chance can tell
 * @throws DatabaseError 55P03 while Millrace is being removed from it
 */
export async function joinGateways(client: Client, database: string): Promise<number> {
  await insist(client, `pg_try_advisory_lock_shared(${millrace}, ${presence})`, async () => {
    throw inUse(database, await holdersOf(client, `objid::bigint = ${presence}`))
  })
  for (;;) {
    const number = randomInt(1, numbersEnd)
    if (await isTrue(client, `pg_try_advisory_lock(${millrace}, ${number})`)) return number
  }
}

/** Keeps all gateways out of the database, until the connection ends. @throws DatabaseError 55P03 that names those that are in */
export async function keepGatewaysOut(client: Client, database: string): Promise<void> {
  await insist(client, `pg_try_advisory_lock(${millrace}, ${presence})`, async () => {
    throw inUse(database, await holdersOf(client, `objid::bigint = ${presence}`))
  })
}

/** The numbers of the gateways that work in the database now, this one among them. */
export function presentGateways(client: Client | Pool): Promise<Set<number>> {
  return numbersOf(client, presentNumbers)
}

/** Notes that the catalog shows this gateway's tables, until the connection ends. */
export async function stand(client: Client, number: number): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1, $2)', [standing, number])
}

/** The numbers of the gateways whose tables the catalog shows: others only start. */
export function standingGateways(client: Client | Pool): Promise<Set<number>> {
  return numbersOf(client, lockedNumbers(standing))
}

async function numbersOf(client: Client | Pool, query: string): Promise<Set<number>> {
  const { rows } = await client.query<{ number: string }>(query)
  return new Set(rows.map(({ number }) => Number(number)))
}

const lockedNumbers = (kind: number | undefined) => `SELECT objid::bigint AS number FROM pg_catalog.pg_locks
  WHERE locktype = 'advisory' AND classid::bigint = ${kind} AND objid::bigint < ${numbersEnd} AND granted
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`

/** A query for the numbers of the gateways that work in the database now. */
export const presentNumbers = lockedNumbers(millrace)

/**
 * Runs what no other gateway may do at the same time, such as changing the catalog.
 * @throws DatabaseError 55P03 when another one takes too long over it, and whatever the work throws
 */
export async function oneGatewayAtATime<Result>(
  client: Client,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    await client.query(
      `SET lock_timeout = '${catalogPatience}'; SELECT pg_advisory_lock(${millrace}, ${catalog}); SET lock_timeout = 0`,
    )
  } catch (error) {
    await client.query('SET lock_timeout = 0')
    if (!(error instanceof ServerError) || error.code !== lockNotAvailable) throw error
    throw new DatabaseError('another gateway has been changing the catalog for a minute', {
      sqlState: lockNotAvailable,
      detail: named(await holdersOf(client, `objid::bigint = ${catalog}`)),
      hint: 'It may wait for a statement that holds a table; pg_locks tells.',
      cause: error,
    })
  }
  try {
    return await work()
  } finally {
    // Where the connection is lost, so is the lock.
    await client.query(`SELECT pg_advisory_unlock(${millrace}, ${catalog})`).catch(() => {})
  }
}

async function insist(client: Client, lock: string, giveUp: () => Promise<never>): Promise<void> {
  for (let attempt = 1; !(await isTrue(client, lock)); attempt++) {
    if (attempt === attempts) await giveUp()
    await delay(pause)
  }
}

async function isTrue(client: Client, expression: string): Promise<boolean> {
  const { rows } = await client.query<{ is_so: boolean }>(`SELECT ${expression} AS is_so`)
  return rows[0]?.is_so === true
}

interface LockHolder {
  readonly pid: number
  /** What it calls itself, where it may be seen. */
  readonly name: string | null
  readonly address: string | null
}

async function holdersOf(client: Client, condition: string): Promise<readonly LockHolder[]> {
  const { rows } = await client.query<LockHolder>(
    `SELECT pid, application_name AS name, host(client_addr) AS address
       FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE locktype = 'advisory' AND classid::bigint = ${millrace} AND ${condition} AND granted
        AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY pid`,
  )
  return rows
}

function inUse(database: string, holders: readonly LockHolder[]): DatabaseError {
  const [first] = holders
  return new DatabaseError(`the database "${database}" is in use by another Millrace`, {
    sqlState: lockNotAvailable,
    detail: named(holders),
    hint:
      first === undefined
        ? 'Try again when it has ended.'
        : `Stop it first. If it is long gone: SELECT pg_terminate_backend(${first.pid}).`,
  })
}

function named(holders: readonly LockHolder[]): string {
  if (holders.length === 0) return 'It is another Millrace.'
  const each = holders.map(({ pid, name, address }) => {
    const from = address === null ? '' : ` from ${address}`
    return `"${name ?? 'a session of another role'}"${from} (PostgreSQL's process ${pid})`
  })
  return `It is ${each.join(', and ')}.`
}
