/** The example of a dashboard for Powerpipe: its files, and what its queries give over the sandbox. */
import { readdir, readFile } from 'node:fs/promises'
import { articlePlaces } from '@millrace/sandbox/testing/article-places'
import type { Located, LocatedMap } from 'millrace/config/syntax/located'
import { readHcl } from 'millrace/config/syntax/read-hcl'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

const folder = new URL('../../examples/powerpipe/', import.meta.url)

const mod = await readMod()
const queries = membersOf(mod, 'query')
const dashboard = mapOf(membersOf(mod, 'dashboard').get('addresses'))

let harness: ServiceHarness
let client: pg.Client

beforeAll(async () => {
  harness = await startServiceHarness()
  client = await harness.connect()
})

afterAll(() => harness?.stop())

/** The blocks of all files of the mod. */
async function readMod(): Promise<LocatedMap> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.pp'))
  const texts = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')))
  const { root, faults } = readHcl('examples/powerpipe', texts.join('\n'))
  if (faults.length > 0) throw new Error(JSON.stringify(faults))
  return root
}

function mapOf(value: Located | undefined): LocatedMap {
  if (value?.kind !== 'map') throw new Error(`not a block: ${JSON.stringify(value)}`)
  return value
}

/** The blocks of a type within another, by label. */
function membersOf(map: LocatedMap, type: string): ReadonlyMap<string, Located> {
  const found = map.entries.get(type)
  if (found === undefined) return new Map()
  return new Map([...mapOf(found.value).entries].map(([name, { value }]) => [name, value]))
}

function textOf(map: LocatedMap, name: string): string {
  const value = map.entries.get(name)?.value
  if (value?.kind !== 'scalar' || typeof value.value !== 'string') throw new Error(`no text: ${name}`)
  return value.value
}

const panelTypes = ['input', 'card', 'flow', 'chart', 'table']

/** What shows a query's rows. */
const panels = panelTypes.flatMap((type) =>
  [...membersOf(dashboard, type)].map(([name, panel]) => ({ name: `${type}.${name}`, panel: mapOf(panel) })),
)

/** The query that a panel names. */
function queryOf(panel: LocatedMap): LocatedMap {
  const named = panel.entries.get('query')?.value
  if (named?.kind !== 'reference' || named.names[0] !== 'query' || named.names.length !== 2) {
    throw new Error('the panel names no query')
  }
  return mapOf(queries.get(named.names[1] ?? ''))
}

async function rowsOf(name: string, ...args: readonly string[]) {
  return (await client.query(textOf(mapOf(queries.get(name)), 'sql'), [...args])).rows
}

const logGroup = 'cloudtrail-cwg-devto'

test('the panels name queries that there are, with an argument for each parameter, from an input that there is', () => {
  expect(panels.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['input.log_group', 'card.events', 'flow.places', 'chart.countries']),
  )
  const inputs = [...membersOf(dashboard, 'input').keys()]
  for (const { name, panel } of panels) {
    const parameters = membersOf(queryOf(panel), 'param').size
    const args = panel.entries.get('args')?.value
    const given = args?.kind === 'list' ? args.items : []
    expect({ name, args: given.length }).toEqual({ name, args: parameters })
    for (const each of given) {
      const names = each.kind === 'reference' ? each.names : []
      expect(inputs.map((input) => ['self', 'input', input, 'value'])).toContainEqual(names)
    }
  }
  const used = new Set(panels.map(({ panel }) => queryOf(panel)))
  expect([...queries.values()].filter((query) => !used.has(mapOf(query)))).toEqual([])
})

test('the picker begins with a log group of a trail', async () => {
  const rows = await rowsOf('log_groups')
  expect(rows[0]).toEqual({ label: logGroup, value: logGroup })
  expect(rows.length).toBeGreaterThan(2)
})

test('the cards', async () => {
  expect(await rowsOf('located_events_count', logGroup)).toEqual([{ 'Events from addresses': '6' }])
  expect(await rowsOf('addresses_count', logGroup)).toEqual([{ Addresses: '6' }])
  expect(await rowsOf('countries_count', logGroup)).toEqual([{ Countries: '3' }])
  expect(await rowsOf('other_events_count', logGroup)).toEqual([
    { label: "Of AWS's own services", value: '30', type: 'info' },
  ])
})

test('the chart', async () => {
  expect(await rowsOf('events_by_country', logGroup)).toEqual([
    { Country: 'United States', Events: '4' },
    { Country: 'Netherlands', Events: '1' },
    { Country: 'Spain', Events: '1' },
  ])
})

test('the table, with the columns that it configures', async () => {
  const rows = await rowsOf('located_events', logGroup)
  const places = rows.map((row) => [row.ip, row.continent_name, row.country_name, row.region_name, row.city])
  expect(places.sort()).toEqual(articlePlaces)
  const table = mapOf(membersOf(dashboard, 'table').get('located_events'))
  expect(Object.keys(rows[0])).toEqual(expect.arrayContaining([...membersOf(table, 'column').keys()]))
})

test('the flow leads from continents to each address, along nodes that there are, in categories that there are', async () => {
  const rows = await rowsOf('places', logGroup)
  const byId = new Map(rows.map((row) => [row.id, row]))
  expect(byId.size).toBe(rows.length)
  const ways = rows
    .filter(({ category }) => category === 'address')
    .map((row) => {
      const way: string[] = []
      for (let at = row; at !== undefined; at = byId.get(at.from_id)) way.unshift(at.title)
      return way
    })
  const expected = articlePlaces.map(([ip, continent, country, , city]) => [continent, country, city, ip])
  expect(ways.sort()).toEqual([...expected].sort())
  const flow = mapOf(membersOf(dashboard, 'flow').get('places'))
  expect(new Set(rows.map(({ category }) => category))).toEqual(new Set(membersOf(flow, 'category').keys()))
})
