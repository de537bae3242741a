/** Whatever messages come in whatever order: what a client gets through the gateway is what PostgreSQL says. */
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { propertyRuns, propertyTimeout } from './testing/property-runs.js'
import { play, type RelationNames, type Round, theEnd } from './testing/script.js'
import { plainTexts, scriptOf, type Texts } from './testing/script-arbitraries.js'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'

let harness: TestGateway
/** Straight to PostgreSQL. */
let watcher: pg.Client
/** The tables of the schemas `counting` (virtual) and `ordinary`, with the same rows. */
let names: RelationNames

beforeAll(async () => {
  harness = await startTestGateway()
  watcher = await harness.connectStraight()
  await watcher.query(`
    create schema ordinary;
    grant usage on schema ordinary to public;
    create table ordinary.place (ip inet, city text, is_eu boolean, more jsonb);
    insert into ordinary.place (ip, city)
      select ip::inet, 'city of ' || ip from unnest(array['1.1.1.1', '2.2.2.2', '3.3.3.3']) ip;
    create table ordinary.event (trail text, address text, name text);
    insert into ordinary.event values
      ('t1', '1.1.1.1', 'a'), ('t1', '2.2.2.2', 'b'), ('t1', 'example.com', 'c'), ('t2', '3.3.3.3', 'd');
    grant select on all tables in schema ordinary to public`)
  const { rows } = await watcher.query(
    `select oid::int, relname from pg_class
     where relnamespace in ('counting'::regnamespace, 'ordinary'::regnamespace)`,
  )
  names = new Map(rows.map(({ oid, relname }) => [oid, relname]))
})

afterAll(() => harness?.stop())

const place = (more = '') => `select city from place where ip = '1.1.1.1'${more}`
const events = "select name from event where trail = 't1' order by name"

const virtualTexts: Texts = {
  simple: [
    ...plainTexts.simple,
    place(),
    place(' and city::int = 1'),
    place(' and citi = 1'),
    events,
    "select e.name, p.city from event e join place p on p.ip = e.address::inet where e.trail = 't2'",
    "insert into t select 5, city from place where ip = '2.2.2.2'",
    `copy (${events}) to stdout`,
    `select 1; ${place()}; select 2`,
    `${place()}; ${events}`,
    `begin; ${place()}`,
    `${place()}; commit`,
    `begin; declare v cursor for ${events}`,
    'fetch 2 from v',
    `${place()}; select 1/0; ${events}`,
    `insert into t values (8, 'eight'); ${place(' and city::int = 1')}`,
    `set local application_name = 'nobody'; ${place()}; show application_name`,
    `begin isolation level serializable; ${place()}; commit; ${events}`,
    `rollback; ${place()}`,
    `${place()}; discard all`,
    `create temp table w as ${events}; select * from w order by 1; drop table w`,
  ],
  prepared: [
    ...plainTexts.prepared,
    { text: place(), values: [[]] },
    { text: events, values: [[]] },
    {
      text: 'select city, $2::int as n from place where ip = $1',
      values: [['1.1.1.1', '5'], ['3.3.3.3', null], [null, '1'], ['1.1.1.1'], ['9.9.9.9', 'x']],
    },
    { text: 'select name from event where trail = $1 order by 1', values: [['t1'], ['t2'], ['t3'], [null]] },
    { text: 'insert into t select $1, city from place where ip = $2', values: [['1', '2.2.2.2']] },
    { text: 'select city::int from place where ip = $1', values: [['1.1.1.1']] },
    { text: `copy (${place()}) to stdout`, values: [[]] },
  ],
}

/** While COPY waits for data, PostgreSQL may be sent the gateway's Close of a portal instead of the client's message. */
const withoutMessageType = (line: string) =>
  line
    .replace(/(?<=unexpected message type )0x4[345]/, 'of some kind')
    // Before version 18, PostgreSQL says which of the two it is; for it, the gateway's questions are a pipeline.
    .replace('cannot be executed within a pipeline', 'cannot run inside a transaction block')

/**
 * How many lines are to be compared. Of a simple query's portal after it has failed in a transaction, the gateway says
 * that there is none (see unnamed-portal.ts), and PostgreSQL something else, after which it may go on where the gateway
 * reads over what comes up to the Sync: from there on, they are not in the same state.
 */
function linesToCompare(expected: readonly string[], told: readonly string[]): number {
  const index = told.findIndex((line, at) => line !== expected[at])
  const isOfFailedPortal =
    told[index]?.includes('C34000 Mportal "" does not exist') === true &&
    told.slice(0, index).findLast((line) => line.startsWith('Z ')) === 'Z "E"' &&
    /^[nI] ""$|C25P02 |C55000 Mportal "" cannot be run/.test(expected[index] ?? '')
  return isOfFailedPortal ? index : Math.max(told.length, expected.length)
}

/** Whether PostgreSQL has crashed, as some scripts make it, or has just closed the connection; it is then up again. */
async function hasCrashed(): Promise<boolean> {
  try {
    for (;;) {
      const { rowCount } = await watcher.query("select from pg_stat_activity where usename = 'millrace'")
      if (rowCount === 0) return false
    }
  } catch {
    for (;;) {
      await harness.postgres.ready()
      const again = await harness.connectStraight().catch(() => undefined)
      if (again === undefined) continue
      watcher = again
      return true
    }
  }
}

async function isTheSame(script: readonly Round[]): Promise<void> {
  const straight = {
    ...harness.postgres.engineConfig,
    user: 'millrace',
    application_name: '',
    options: '-c search_path=public,ordinary',
  }
  const expected = (await play(script, straight, names)).map(withoutMessageType)
  if (expected.at(-1) === theEnd && (await hasCrashed())) {
    await play(script, harness.config, names)
    expect(await hasCrashed()).toBe(false)
    return
  }
  const told = (await play(script, harness.config, names)).map(withoutMessageType)
  const length = linesToCompare(expected, told)
  if (length < told.length || expected.at(-1) !== theEnd) {
    expect(told.slice(0, length)).toEqual(expected.slice(0, length))
    return
  }
  // When PostgreSQL closes a connection that it has not read to the end, its last words may get lost.
  expect(told.at(-1)).toBe(theEnd)
  const [said, saidStraight] = [told, expected].map((lines) =>
    lines.filter((line) => line !== theEnd && !line.includes('C08006')),
  )
  const common = Math.min(said?.length ?? 0, saidStraight?.length ?? 0)
  expect(said?.slice(0, common)).toEqual(saidStraight?.slice(0, common))
}

test(
  'statements over ordinary tables',
  async () => {
    await fc.assert(fc.asyncProperty(scriptOf(plainTexts), isTheSame), propertyRuns(60))
  },
  propertyTimeout,
)

test(
  'statements over virtual tables, as over ordinary tables with the same rows',
  async () => {
    await fc.assert(fc.asyncProperty(scriptOf(virtualTexts), isTheSame), propertyRuns(80))
  },
  propertyTimeout,
)
