/** What tools of Steampipe's read, and what is cached, through a session of a client. */
import { text } from '@millrace/plugin-sdk'
import { countingPlugin } from '@millrace/sql-engine/testing/counting-plugin'
import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'

let gateway: TestGateway
let client: pg.Client
const rows = async (sql: string) => (await client.query({ text: sql, rowMode: 'array' })).rows

const { plugin } = countingPlugin({
  thing: { columns: { name: text('Name') }, keys: {}, rows: [{ name: 'a' }, { name: 'b' }] },
})

beforeAll(async () => {
  const about = { file: '/etc/things.spc', firstLine: 3, lastLine: 9, instance: 'slow' }
  gateway = await startTestGateway({
    cache: { ttl: 60_000, maxBytes: 1024 ** 3 },
    connections: [
      { name: 'things', plugin, settings: {}, about },
      { name: 'hidden', plugin, settings: {}, isHidden: true },
      { name: 'all', plugin, members: ['*'] },
    ],
  })
  client = await gateway.connect()
})
afterAll(() => gateway?.stop())

it('Powerpipe finds out what it is connected to', async () => {
  // As pipe-fittings of 2026 does: backend.go and steampipe_backend.go.
  expect(
    await rows(`SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'steampipe_internal'
                  AND tablename IN ('steampipe_plugin', 'steampipe_connection'))`),
  ).toEqual([[true]])
  const plugins = await rows('SELECT plugin, version FROM steampipe_internal.steampipe_plugin')
  expect(plugins).toContainEqual([plugin.name, ''])
  expect(
    await rows(`SELECT name FROM steampipe_internal.steampipe_connection WHERE state = 'ready' ORDER BY 1`),
  ).toEqual([['all'], ['counting'], ['things']])
})

it('connections have their state, members and place', async () => {
  expect(
    await rows(`select name, state, type, connections, import_schema, plugin_instance, file_name, start_line_number,
                  end_line_number
                from steampipe_internal.steampipe_connection where name <> 'counting' order by name`),
  ).toEqual([
    ['all', 'ready', 'aggregator', ['counting', 'things', 'hidden'], 'enabled', null, null, null, null],
    ['hidden', 'disabled', '', null, 'disabled', null, null, null, null],
    ['things', 'ready', '', null, 'enabled', 'slow', '/etc/things.spc', '3', '9'],
  ])
  expect(await rows('select count(*) from steampipe_internal.steampipe_connection_state')).toEqual([['4']])
})

it('columns are listed once for each plugin', async () => {
  expect(
    await rows(`select name, type, list_config from steampipe_internal.steampipe_plugin_column
                where table_name = 'place' and name in ('ip', 'city') order by name`),
  ).toEqual([
    ['city', 'text', null],
    ['ip', 'inet', { operators: ['='], required: 'required' }],
  ])
})

it('scan metadata is that of the last statement', async () => {
  await rows('select * from things.thing')
  await rows(`select * from counting.kind where name = 'small'`)
  expect(
    await rows(`select connection, "table", cache_hit, rows_fetched, hydrate_calls, columns, quals
                from steampipe_internal.steampipe_scan_metadata`),
  ).toEqual([
    [
      'counting',
      'kind',
      false,
      '1',
      '1',
      ['_ctx', 'name', 'size', 'sp_connection_name', 'sp_ctx'],
      { name: [{ operator: '=', values: ['small'] }] },
    ],
  ])
  expect(
    await rows(
      'select uncached_rows_fetched, hydrate_calls, scan_count, connection_count from steampipe_internal.steampipe_scan_metadata_summary',
    ),
  ).toEqual([['1', '1', '1', '1']])
})

it('the cache is listed, and switched by Steampipe’s functions', async () => {
  await rows('select * from millrace.cache_clear()')
  await rows(`select name from "all".thing where sp_connection_name = 'hidden'`)
  await rows('select name from things.thing')
  await rows(`select city from counting.place where ip = '1.1.1.1'`)
  expect(
    await rows(`select connection, table_name, kind, columns, rows, bytes >= 0, age_s >= 0, expires_at > now()
                from millrace.cache order by 1, 2`),
  ).toEqual([
    ['all', 'thing', 'scan', ['name', 'sp_connection_name'], '2', true, true, true],
    ['counting', 'place', 'lookups', ['city', 'ip'], '1', true, true, true],
    ['things', 'thing', 'scan', ['name'], '2', true, true, true],
  ])
  await rows(`select from steampipe_internal.meta_connection_cache_clear('things')`)
  expect(await rows(`select count(*) from millrace.cache where connection = 'things'`)).toEqual([['0']])
  await rows('select from steampipe_internal.meta_cache_ttl(17)')
  expect(await rows('show millrace.cache_ttl')).toEqual([['17']])
  await rows(`select from steampipe_internal.meta_cache('off')`)
  expect(await rows('show millrace.cache_ttl')).toEqual([['0']])
  await rows(`select from steampipe_internal.meta_cache('on')`)
  expect(await rows('show millrace.cache_ttl')).toEqual([['60 (default)']])
  await rows(`select from steampipe_internal.meta_cache('clear')`)
  expect(await rows('select count(*) from millrace.cache')).toEqual([['0']])
  await expect(rows(`select from steampipe_internal.meta_cache('of')`)).rejects.toMatchObject({
    code: '22023',
  })
})

it('the server’s settings are told', async () => {
  expect(
    await rows(`select steampipe_version, cache_max_ttl, cache_max_size_mb, cache_enabled, start_time <= now()
                from steampipe_internal.steampipe_server_settings`),
  ).toEqual([[null, '60', '1024', true, true]])
})
