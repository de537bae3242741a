import { ApiError, definePlugin, type Row, type Scan, type Table, tablesOf, text } from '@millrace/plugin-sdk'
import { errorOf as rejectionOf } from '@millrace/plugin-sdk/testing'
import { pino } from 'pino'
import { beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { DatabaseError } from '../database-error.js'
import { CallCounts } from '../quota/call-counts.js'
import type { MissingPart } from '../stage/scan-table.js'
import { Connection } from './connection.js'
import { type ScanRequest, scanRows } from './scan-rows.js'

const columns = { name: text('Name'), city: text('City') }

const leftOut: MissingPart[] = []
beforeEach(() => {
  leftOut.length = 0
})

type Hydrates = Table<undefined, typeof columns>['hydrate']
type List = (scan: ListScan) => AsyncIterable<readonly { readonly name: string }[]>
type ListScan = Scan<undefined, typeof columns>

function request(list: List, logged: string[] = [], hydrate: Hydrates = {}): ScanRequest {
  const table = tablesOf<undefined>()({
    name: 'place',
    description: 'Places.',
    columns,
    keys: {},
    examples: [],
    list,
    hydrate,
  })
  const plugin = definePlugin({
    name: 'places',
    description: 'Places.',
    config: z.unknown(),
    connect: () => undefined,
    tables: [table],
  })
  const log = pino({ level: 'warn' }, { write: (line) => logged.push(line) })
  const connection = new Connection({ name: 'here', plugin, settings: {} }, {}, log)
  return {
    table: {
      oid: 1,
      formerOids: [],
      schema: 'here',
      definition: table,
      connection: { name: 'here', plugin, tables: { kind: 'found', tables: [table] } },
      columns: [],
      failure: undefined,
    },
    connection,
    columns: ['name', 'sp_connection_name'],
    quals: {},
    limit: undefined,
    counts: new CallCounts(),
    statement: {},
    leaveOut: (missing) => leftOut.push(missing),
    signal: new AbortController().signal,
  }
}

function rowsOf(list: List, logged?: string[]): Promise<Row[]> {
  return collect(request(list, logged))
}

async function collect(scan: ScanRequest): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of scanRows(scan)) rows.push(...batch)
  return rows
}

const errorOf = (list: List, logged?: string[]) => rejectionOf(rowsOf(list, logged), DatabaseError)

test('a plugin is asked for columns of its own; the engine adds its columns', async () => {
  let asked: readonly string[] = []
  const rows = await rowsOf(async function* (scan) {
    asked = [...scan.columns]
    yield [{ name: 'Diemen' }]
  })
  expect(asked).toEqual(['name'])
  expect(rows).toEqual([{ name: 'Diemen', sp_connection_name: 'here' }])
})

test('an error of an API names table and call', async () => {
  const error = await errorOf(async function* (scan) {
    yield await scan.call('ListPlaces', async () => {
      throw new ApiError('no such place', { detail: 'said the API', hint: 'Ask for another.' })
    })
  })
  expect(error).toMatchObject({
    sqlState: 'HV000',
    message: 'place: ListPlaces: no such place',
    detail: 'said the API',
    hint: 'Ask for another.',
  })
})

test('an error made by another copy of the plugin SDK is understood', async () => {
  vi.resetModules()
  const { ApiError: OtherApiError } = await import('@millrace/plugin-sdk')
  expect(OtherApiError).not.toBe(ApiError)
  const error = await errorOf(async function* () {
    yield []
    throw new OtherApiError('no such place', { sqlState: 'HV00N' })
  })
  expect(error).toMatchObject({ sqlState: 'HV00N', message: 'place: no such place' })
})

test('a defect of a plugin is told as such, and where it is stands in the log; what it says in neither', async () => {
  const logged: string[] = []
  const error = await errorOf(async function* faultyList() {
    yield []
    throw new TypeError('secret-token is not a function')
  }, logged)
  expect(error).toMatchObject({ sqlState: 'HV000', message: 'place: the plugin failed unexpectedly' })
  expect(logged.join()).toContain('faultyList')
  expect(`${logged.join()}${error.detail}${error.hint}`).not.toContain('secret-token')
})

test('a part that an API fails to give may be left out; the error is told as one that ends a scan', async () => {
  const rows = await rowsOf(async function* (scan) {
    const refused = scan.call('ListPlaces', async () => {
      throw new ApiError('not there', { detail: 'said the API' })
    })
    await refused.catch((error: unknown) => scan.leaveOut('region north', error))
    scan.leaveOut('region west', new ApiError('nor there'))
    yield [{ name: 'Diemen' }]
  })
  expect(rows).toHaveLength(1)
  expect(leftOut).toMatchObject([
    {
      kind: 'rows',
      part: 'rows of region north',
      error: { sqlState: 'HV000', message: 'place: ListPlaces: not there', detail: 'said the API' },
    },
    { part: 'rows of region west', error: { message: 'place: nor there' } },
  ])
})

test.each([
  ['a defect', new TypeError('no function'), /^place: the plugin failed unexpectedly$/],
  ['a quota', new DatabaseError('too many calls', { sqlState: '53400' }), /^too many calls$/],
  ['a cancel', new ApiError('cancelled', { sqlState: '57014' }), /^place: cancelled$/],
])('%s is no part that may be left out', async (_, failure, message) => {
  const error = await errorOf(async function* (scan) {
    scan.leaveOut('region north', failure)
    yield []
  })
  expect(error.message).toMatch(message)
  expect(leftOut).toEqual([])
})

/** Pages of three hundred places without their cities, and a hydrate function that tells what was asked of it. */
function hydratedPlaces(pages: number) {
  const asked: string[] = []
  let running = 0
  let mostRunning = 0
  let listed = 0
  const list: List = async function* () {
    for (let page = 0; page < pages; page++) {
      listed++
      yield Array.from({ length: 300 }, (_, i) => ({ name: `${page}-${i}` }))
    }
  }
  const hydrate: Hydrates = {
    city: {
      columns: ['city'],
      fetch: async ({ name }, scan) => {
        asked.push(String(name))
        mostRunning = Math.max(mostRunning, ++running)
        const row = await scan.call('GetCity', async () => ({ city: `city of ${name}` }))
        running--
        return row
      },
    },
  }
  return { list, hydrate, asked, listed: () => listed, mostRunning: () => mostRunning }
}

test('hydrate functions run for columns that are wanted, for so many rows at once', async () => {
  const places = hydratedPlaces(3)
  const scan = request(places.list, [], places.hydrate)
  expect(await collect(scan)).toHaveLength(900)
  expect(places.asked).toEqual([])

  const rows = await collect({ ...scan, columns: ['name', 'city'] })
  expect(rows).toHaveLength(900)
  expect(rows).toContainEqual({ name: '2-299', city: 'city of 2-299' })
  expect(new Set(places.asked).size).toBe(900)
  expect(places.asked).toHaveLength(900)
  expect(places.mostRunning()).toBe(200)
})

test('hydrate functions run for no more rows than a limit leaves', async () => {
  const places = hydratedPlaces(5)
  const scan = request(places.list, [], places.hydrate)
  expect(await collect({ ...scan, columns: ['city'], limit: { rows: 310, order: undefined } })).toHaveLength(
    310,
  )
  expect(places.asked).toHaveLength(310)
  expect(places.listed()).toBe(2)
})
