/** The statements of the soak: each is asked in some way of a client, and its answer compared with what it must be. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { addressOf, cityOf, countryOf, logGroup, type SoakEvent } from './contents.js'

export interface StatementOptions {
  readonly client: pg.Client
  readonly config: pg.ClientConfig
  readonly random: SeededRandom
  readonly events: readonly SoakEvent[]
  readonly kept: KeptRows
}

/** The rows of a user's own table that one client writes. */
export interface KeptRows {
  readonly client: number
  /** Those whose COMMIT was answered. */
  readonly committed: Set<number>
  /** Those whose COMMIT was sent, and not answered. */
  readonly uncertain: Set<number>
  next: number
}

type Rows = readonly (readonly (string | null)[])[]

export class WrongAnswer extends Error {
  constructor(statement: string, given: Rows, right: Rows) {
    const shown = (rows: Rows) => `${rows.length} rows, ${JSON.stringify(rows).slice(0, 1_000)}`
    super(`a wrong answer to ${statement}\n  given: ${shown(given)}\n  right: ${shown(right)}`)
  }
}

export type StatementKind = (options: StatementOptions) => Promise<void>

/** All values as PostgreSQL writes them. */
const asText = { getTypeParser: () => String }

async function ask(
  client: pg.Client,
  text: string,
  values?: readonly unknown[],
  name?: string,
): Promise<Rows> {
  const query = { text, rowMode: 'array' as const, types: asText, name, values: values && [...values] }
  return (await client.query<(string | null)[]>(query)).rows
}

function check(statement: string, given: Rows, right: Rows): void {
  if (!isDeepStrictEqual(given, right)) throw new WrongAnswer(statement, given, right)
}

interface Window {
  /** A condition of SQL. */
  readonly sql: string
  readonly from: string
  readonly to: string
  readonly events: readonly SoakEvent[]
}

function someWindow({ random, events }: StatementOptions, most = events.length): Window {
  const first = random.below(events.length)
  const within = events.slice(first, first + 1 + random.below(most))
  const from = new Date(within[0]?.timestamp ?? 0).toISOString()
  const to = new Date(within.at(-1)?.timestamp ?? 0).toISOString()
  return { sql: `e.timestamp >= '${from}' and e.timestamp <= '${to}'`, from, to, events: within }
}

/** What counting by a text gives, as `group by 1 order by 1` does: by the bytes, since the locale is C. */
function counted(texts: readonly string[]): Rows {
  const counts = new Map<string, number>()
  for (const one of texts) counts.set(one, (counts.get(one) ?? 0) + 1)
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([one, count]) => [one, String(count)])
}

const source = `from aws_cloudtrail_trail_event e where e.log_group_name = '${logGroup}'`

async function scan(options: StatementOptions): Promise<void> {
  const { sql, events } = someWindow(options)
  const name = options.random.pick(options.events as readonly [SoakEvent, ...SoakEvent[]]).name
  const condition = options.random.below(2) === 0 ? '' : ` and e.event_name = '${name}'`
  const statement = `select e.event_name, count(*) ${source} and ${sql}${condition} group by 1 order by 1`
  const matching = events.filter((event) => condition === '' || event.name === name)
  check(statement, await ask(options.client, statement), counted(matching.map((event) => event.name)))
}

async function newest(options: StatementOptions): Promise<void> {
  const { sql, events } = someWindow(options)
  const limit = 1 + options.random.below(20)
  const statement = `select e.username, e.timestamp_ms ${source} and ${sql} order by e.timestamp desc limit ${limit}`
  const right = events.slice(-limit).reverse()
  check(
    statement,
    await ask(options.client, statement),
    right.map(({ user, timestamp }) => [user, String(timestamp)]),
  )
}

async function join(options: StatementOptions): Promise<void> {
  const { sql, events } = someWindow(options, 200)
  const statement = `select i.city, count(*) from aws_cloudtrail_trail_event e join ipstack_ip i
    on i.ip = e.source_ip_address::inet where e.log_group_name = '${logGroup}' and ${sql} group by 1 order by 1`
  check(
    statement,
    await ask(options.client, statement),
    counted(events.map(({ address }) => cityOf(address))),
  )
}

async function lookup({ client, random }: StatementOptions): Promise<void> {
  const addresses = [...new Set(random.numbers(1 + random.below(30), 1 << 16).map(addressOf))].sort()
  const list = addresses.map((address) => `'${address}'`).join(', ')
  const statement = `select host(ip), city from ipstack_ip where ip in (${list}) order by 1`
  check(
    statement,
    await ask(client, statement),
    addresses.map((address) => [address, cityOf(address)]),
  )
}

async function prepared({ client, random }: StatementOptions): Promise<void> {
  const address = addressOf(random.below(1 << 16))
  const statement = 'select city, country_code from ipstack_ip where ip = $1'
  const right = [[cityOf(address), countryOf(address)]]
  check(`${statement} (${address})`, await ask(client, statement, [address], 'soak lookup'), right)
}

async function cursor(options: StatementOptions): Promise<void> {
  const { client, random } = options
  const { sql, events } = someWindow(options, 1_000)
  const statement = `select e.timestamp_ms, e.username ${source} and ${sql} order by e.timestamp`
  const given: (readonly (string | null)[])[] = []
  await client.query('begin')
  await client.query(`declare soak cursor for ${statement}`)
  for (;;) {
    const rows = await ask(client, `fetch ${1 + random.below(300)} from soak`)
    given.push(...rows)
    if (rows.length === 0) break
  }
  await client.query(random.below(2) === 0 ? 'commit' : 'rollback')
  const right = events.map(({ timestamp, user }) => [String(timestamp), user])
  check(`cursor over ${statement}`, given, right)
}

async function copyOut(options: StatementOptions): Promise<void> {
  const { sql, events } = someWindow(options)
  const statement = `copy (select e.timestamp_ms, e.event_name ${source} and ${sql} order by 1) to stdout`
  const given = await textOf(options.client.query(copyTo(statement)))
  const right = events.map(({ timestamp, name }) => [String(timestamp), name])
  const rows = given.split('\n').slice(0, -1)
  check(
    statement,
    rows.map((row) => row.split('\t')),
    right,
  )
}

async function inFunction({ client, random }: StatementOptions): Promise<void> {
  const address = addressOf(random.below(1 << 16))
  const statement = `select soak_city('${address}')`
  check(statement, await ask(client, statement), [[cityOf(address)]])
}

async function keep({ client, kept }: StatementOptions): Promise<void> {
  const number = kept.next++
  await client.query('begin')
  await client.query('insert into soak_kept values ($1, $2)', [kept.client, number])
  kept.uncertain.add(number)
  await client.query('commit')
  kept.uncertain.delete(number)
  kept.committed.add(number)
}

/** A statement that is cancelled at some moment: its answer is right, or there is none. */
async function cancelled(options: StatementOptions): Promise<void> {
  const { client, config, random } = options
  const { sql, events } = someWindow(options)
  const statement = `select count(*), pg_sleep(0.02) is null ${source} and ${sql}`
  const asking = ask(client, statement)
  const settled = asking.catch(() => {})
  await Promise.race([delay(random.below(60)), settled])
  await cancel(client, config)
  try {
    check(statement, await asking, [[String(events.length), 'f']])
  } catch (error) {
    if (Object(error).code !== '57014') throw error
  }
}

/** Sends a cancel request; resolves when the server has taken it. */
async function cancel(client: pg.Client, { host, port }: pg.ClientConfig): Promise<void> {
  const { processID, secretKey } = Object(client)
  const packet = Buffer.alloc(16)
  for (const [index, number] of [16, 80_877_102, processID, secretKey].entries())
    packet.writeInt32BE(number, 4 * index)
  const socket = connect({ host, port: port ?? 0 })
  socket.on('error', () => {})
  socket.resume()
  socket.write(packet)
  await once(socket, 'close')
}

/** A statement whose client is gone before the answer. */
async function dropped(options: StatementOptions): Promise<void> {
  const { config, random } = options
  const client = new pg.Client(config)
  client.on('error', () => {})
  await client.connect()
  const asking = ask(client, `select count(*) ${source} and ${someWindow(options).sql}`)
  const settled = asking.then(
    () => {},
    () => {},
  )
  await Promise.race([delay(random.below(60)), settled])
  const { stream } = Object(client).connection
  stream.destroy()
  await settled
}

async function timedOut(options: StatementOptions): Promise<void> {
  const { client, random } = options
  const { sql, events } = someWindow(options)
  const statement = `select count(*) ${source} and ${sql}`
  try {
    await client.query(`set statement_timeout = ${1 + random.below(50)}`)
    check(statement, await ask(client, statement), [[String(events.length)]])
  } catch (error) {
    if (Object(error).code !== '57014') throw error
  } finally {
    await client.query('reset statement_timeout').catch(() => {})
  }
}

/** By name, with how often each comes beside the others. */
export const statementKinds: ReadonlyMap<string, { readonly weight: number; readonly run: StatementKind }> =
  new Map([
    ['scan', { weight: 4, run: scan }],
    ['newest', { weight: 2, run: newest }],
    ['join', { weight: 3, run: join }],
    ['lookup', { weight: 4, run: lookup }],
    ['prepared', { weight: 4, run: prepared }],
    ['cursor', { weight: 2, run: cursor }],
    ['copy', { weight: 2, run: copyOut }],
    ['function', { weight: 2, run: inFunction }],
    ['keep', { weight: 2, run: keep }],
    ['cancelled', { weight: 2, run: cancelled }],
    ['dropped', { weight: 1, run: dropped }],
    ['timed out', { weight: 1, run: timedOut }],
  ])
