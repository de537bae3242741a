/** Soaks a server: mixed load and unrest, and afterwards everything must be where it was. */
import { setTimeout as delay } from 'node:timers/promises'
import { startSandbox } from '@millrace/sandbox/sandbox'
import { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'
import pg from 'pg'
import { putInto, soakEvents } from './contents.js'
import { Unrest } from './disturbances.js'
import { type Readings, SoakedServer } from './soaked-server.js'
import { soakingClient } from './soaking-client.js'
import type { KeptRows } from './statements.js'
import { Tally } from './tally.js'

export interface SoakOptions {
  /** Of the load, besides what comes before and after. */
  readonly seconds: number
  readonly clients: number
  readonly seed: number
  readonly tell: (line: string) => void
}

/** Seconds of load before the readings that are compared: caches of texts, pools and modules are filled by then. */
const warmUp = 60

/**
 * By how much readings may be higher at the end.
 *
 * Memory: the heap after garbage collection holds what is reachable, of which only bounded caches may have grown since
 * the warm-up: a thousand statements with their trees, and metrics' series. A leak of 200 bytes for each statement of an
 * hour, some 300,000, would be 60 MB. The process's own size also depends on what V8 and malloc keep for later: the
 * largest answers that lay in memory at one time, several times.
 *
 * Disk: PostgreSQL's catalog grows by the rows of tables that are made and dropped until autovacuum reuses their room, and
 * its statistics and logs of commits by what has happened; both are small and level off.
 */
const allowances: Partial<Readings> = {
  heapBytes: 24 << 20,
  externalBytes: 8 << 20,
  residentBytes: 96 << 20,
  diskBytes: 48 << 20,
  // A connection of PostgreSQL's own that is about to end, and its pipe.
  fileDescriptors: 2,
  processes: 1,
}

/** Seconds in which connections that nobody uses are closed, tables dropped and files given back. */
const settling = 45

const setUp = `
  create table soak_kept (client int, number int, primary key (client, number));
  create function soak_city(address inet) returns text language plpgsql
    as $$ begin return (select city from ipstack_ip where ip = address); end $$`

/** @returns what must not be, in words; nothing where all is well */
export async function soak({ seconds, clients, seed, tell }: SoakOptions): Promise<readonly string[]> {
  const random = new SeededRandom(seed)
  await using sandbox = await startSandbox()
  const events = soakEvents(seed)
  putInto(sandbox, events)
  let server = await SoakedServer.start(sandbox)
  const tally = new Tally((fault) => tell(`FAULT: ${fault}`))
  const unrest = new Unrest()
  const keptRows: KeptRows[] = Array.from({ length: clients }, (_, client) => {
    return { client, committed: new Set<number>(), uncertain: new Set<number>(), next: 0 }
  })
  const happened = new Map<string, number>()
  const load = async (milliseconds: number, isDisturbing: boolean) => {
    const loading = new AbortController()
    const disturbing = new AbortController()
    const running = keptRows.map((kept) =>
      soakingClient({
        config: server.config,
        random: new SeededRandom(random.below(2 ** 31)),
        events,
        kept,
        tally,
        isDisturbed: () => unrest.isDisturbed,
        signal: loading.signal,
      }),
    )
    const note = (name: string) => happened.set(name, (happened.get(name) ?? 0) + 1)
    const disturbed = isDisturbing
      ? unrest.run({ server, sandbox, random, signal: disturbing.signal, note })
      : Promise.resolve()
    await Promise.race([delay(milliseconds), server.ended])
    disturbing.abort()
    await disturbed
    // A last time in which nothing may fail.
    if (isDisturbing) await Promise.race([delay(3_000), server.ended])
    loading.abort()
    await Promise.all(running)
  }
  try {
    await query(server.config, setUp)
    await load(warmUp * 1_000, false)
    const before = await settled(server)
    tell(`after the warm-up: ${described(before)}`)
    const start = performance.now()
    const telling = setInterval(() => {
      const minutes = ((performance.now() - start) / 60_000).toFixed(1)
      tell(`${minutes} min: ${tally.right} right, ${tally.failed} failed, ${tally.faults.length} faults`)
    }, 60_000)
    await load(seconds * 1_000, true).finally(() => clearInterval(telling))
    const after = await settled(server, before)
    tell(`at the end:        ${described(after)}`)
    for (const fault of grown(before, after)) tally.noteFault(fault)
    await checkKept(server.config, keptRows, tally)
    const errors = await server.logged(50)
    tell(`${errors.length} lines of the log are errors`)
    const status = await server.stop()
    if (status !== 0) tally.noteFault(`the server has ended with status ${status}`)
    const left = await server.processes()
    if (left > 0) tally.noteFault(`${left} processes of PostgreSQL are left`)
    server = await server.again(sandbox)
    await checkKept(server.config, keptRows, tally)
  } catch (error) {
    tally.noteFault(`the soak has failed: ${error instanceof Error ? error.stack : String(error)}`)
  } finally {
    await server.remove()
  }
  for (const line of tally.lines()) tell(line)
  tell([...happened].map(([name, count]) => `${name} ×${count}`).join(', '))
  return tally.faults
}

/** Readings once they are as low as before, or after some time. */
async function settled(server: SoakedServer, before?: Readings): Promise<Readings> {
  await query(server.config, 'select millrace.cache_clear()')
  const end = performance.now() + settling * 1_000
  for (;;) {
    await delay(before === undefined ? 15_000 : 1_000)
    const readings = await server.read()
    if (before === undefined || performance.now() > end || grown(before, readings).length === 0)
      return readings
  }
}

function grown(before: Readings, after: Readings): string[] {
  return (Object.keys(before) as (keyof Readings)[]).flatMap((name) => {
    const most = before[name] + (allowances[name] ?? 0)
    return after[name] <= most ? [] : [`${name} was ${before[name]}, and is ${after[name]}`]
  })
}

function described(readings: Readings): string {
  return Object.entries(readings)
    .map(([name, value]) =>
      name.endsWith('Bytes') ? `${name} ${(value / 2 ** 20).toFixed(1)} MB` : `${name} ${value}`,
    )
    .join(', ')
}

/** Whether all rows are there whose COMMIT was answered, and no others than those whose COMMIT was sent. */
async function checkKept(
  config: pg.ClientConfig,
  keptRows: readonly KeptRows[],
  tally: Tally,
): Promise<void> {
  const rows = await query(config, 'select client, number from soak_kept')
  for (const { client, committed, uncertain } of keptRows) {
    const found = new Set(rows.filter((row) => row.client === client).map((row) => Number(row.number)))
    const lost = [...committed].filter((number) => !found.has(number))
    const strange = [...found].filter((number) => !committed.has(number) && !uncertain.has(number))
    if (lost.length > 0)
      tally.noteFault(`client ${client} has lost ${lost.length} rows that it had committed`)
    if (strange.length > 0)
      tally.noteFault(`client ${client} has ${strange.length} rows that it never committed`)
  }
}

async function query(config: pg.ClientConfig, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(config)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
