/** What gateways that work no more have left in the database. */
import { type Client, DatabaseError as ServerError } from 'pg'
import type { Logger } from 'pino'
import type { Names } from '../names.js'
import { presentGateways } from './gateway-locks.js'
import { forgetGateways, scansTable } from './shared-tables.js'

/** The most relations that one statement drops; a table takes up to three locks. */
const dropBatch = 500

/** How long a DROP waits for a reader, in milliseconds. Statements that come after it wait as long. */
const lockTimeout = 100

/**
 * Errors of a relation that is still read, that a view of a living gateway reads, or that another gateway is dropping:
 * lock_not_available, dependent_objects_still_exist, deadlock_detected, internal_error ("tuple concurrently updated").
 */
const notYet: ReadonlySet<string> = new Set(['55P03', '2BP01', '40P01', 'XX000'])

/**
 * What the names of a gateway's scan tables begin with. No two gateways have the same, so that a statement which still names
 * a table of a dead one never reads another's rows.
 */
export function scanTablePrefix(gateway: number | undefined): string {
  return gateway === undefined ? 's_' : `s_${gateway.toString(36)}_`
}

/** The gateway that has made a scan table; undefined where that cannot be told. */
function makerOf(name: string): number | undefined {
  const [, number] = /^s_([0-9a-z]+)_\d+$/.exec(name) ?? []
  return number === undefined ? undefined : Number.parseInt(number, 36)
}

export interface DeadGatewaysOptions {
  readonly names: Names
  readonly log: Logger
  /** The number of the gateway that starts; undefined for one that works already. */
  readonly startsAs?: number
}

/**
 * Drops scan tables that no living gateway has made, but for those that still answer the living, and those that somebody reads:
 * these go the next time. Nothing of an earlier life answers one that starts by itself.
 */
export async function dropTablesOfDeadGateways(
  client: Client,
  { names, log, startsAs }: DeadGatewaysOptions,
): Promise<void> {
  const { scanSchema } = names
  const { rows } = await client.query<{ name: string; kind: string }>(
    `SELECT relname AS name, relkind AS kind FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'v')`,
    [scanSchema],
  )
  // Looked at afterwards, so that the tables of one that comes meanwhile are not among them.
  const present = await presentGateways(client)
  const isAlone = startsAs !== undefined && present.size === 1 && present.has(startsAs)
  const kept = await forgetSharedScans(client, names, present, isAlone)
  const left = rows.filter(({ name }) => !present.has(makerOf(name) ?? 0) && !kept.has(name))
  if (left.length === 0) return
  await client.query(`SET lock_timeout = ${lockTimeout}`)
  let stay = 0
  for (const [kind, word] of [
    ['v', 'VIEW'],
    ['r', 'TABLE'],
  ] as const) {
    const relations = left.filter((one) => one.kind === kind).map(({ name }) => `${scanSchema}."${name}"`)
    for (let start = 0; start < relations.length; start += dropBatch) {
      const batch = relations.slice(start, start + dropBatch)
      if (await isDropped(client, word, batch)) continue
      for (const one of batch) if (!(await isDropped(client, word, [one]))) stay++
    }
  }
  await client.query('SET lock_timeout = 0')
  log.info({ dropped: left.length - stay, left: stay }, 'dropped scan tables of gateways that have gone')
}

/** Forgets what dead gateways have shared and has expired, or all of it. @returns the names of the tables that still answer */
async function forgetSharedScans(
  client: Client,
  names: Names,
  present: ReadonlySet<number>,
  isAll: boolean,
): Promise<ReadonlySet<string>> {
  await client.query(
    `DELETE FROM ${scansTable(names)} WHERE gateway <> ALL ($1) AND ($2 OR expires_at <= clock_timestamp())`,
    [[...present], isAll],
  )
  for (const statement of forgetGateways(names)) await client.query(statement, [[...present]])
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${scansTable(names)}`)
  return new Set(rows.map(({ name }) => name))
}

async function isDropped(
  client: Client,
  kind: 'VIEW' | 'TABLE',
  relations: readonly string[],
): Promise<boolean> {
  try {
    await client.query(`DROP ${kind} IF EXISTS ${relations.join(', ')}`)
    return true
  } catch (error) {
    if (error instanceof ServerError && notYet.has(error.code ?? '')) return false
    throw error
  }
}
