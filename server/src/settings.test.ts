import { isDebian } from '@millrace/sql-engine/testing/test-postgres'
import { describe, expect } from 'vitest'
import { test } from './testing/gateway-test.js'

const unknown = (name: string, meant: string) => ({
  code: '42704',
  message: `unrecognized configuration parameter "${name}"`,
  hint: expect.stringContaining(`Perhaps you meant "${meant}".`),
})

describe('a setting that is none is refused by', () => {
  test.for([
    ['set millrace.cahce_ttl = 1', 'millrace.cahce_ttl', 'millrace.cache_ttl'],
    ['set local millrace.max_api_call to 1', 'millrace.max_api_call', 'millrace.max_api_calls'],
    ['SET "millrace".max_row TO DEFAULT', 'millrace.max_row', 'millrace.max_rows'],
    ['set Millrace.Progres = on', 'millrace.progres', 'millrace.progress'],
    ["select set_config('millrace.max_byte', '1', false)", 'millrace.max_byte', 'millrace.max_bytes'],
    ['alter role millrace set millrace.max_key = 1', 'millrace.max_key', 'millrace.max_keys'],
    ['alter database millrace set millrace.max_key = 1', 'millrace.max_key', 'millrace.max_keys'],
    [
      'create function f() returns int language sql set millrace.cache_tl = 1 as $$select 1$$',
      'millrace.cache_tl',
      'millrace.cache_ttl',
    ],
  ] as const)('%s', async ([text, name, meant], { client }) => {
    await expect(client.query(text)).rejects.toMatchObject(unknown(name, meant))
    await expect(client.query({ text, values: [] })).rejects.toMatchObject(unknown(name, meant))
    const among = client.query(`select 1; ${text}; select 2`)
    await expect(among).rejects.toMatchObject(unknown(name, meant))
  })

  test.for(['-c millrace.cahce_ttl=1', '-cmillrace.cahce_ttl=1', '--millrace.cahce-ttl=1'])(
    'options of a connection: %s',
    async (options, { harness }) => {
      await expect(harness.connect({ options })).rejects.toMatchObject(
        unknown('millrace.cahce_ttl', 'millrace.cache_ttl'),
      )
    },
  )

  test('a name that is like none has those that there are for a hint', async ({ client }) => {
    await expect(client.query('set millrace.whatever = 1')).rejects.toMatchObject({
      hint: expect.stringMatching(/^Millrace has millrace\.cache_ttl, /),
    })
  })

  test('others, of extensions and of users, are PostgreSQL’s business', async ({ client }) => {
    await client.query("set my.own = 1; select set_config('my.own', '2', false)")
    expect((await client.query('show my.own')).rows).toEqual([{ 'my.own': '2' }])
    await client.query('set millrace.cache_ttl = 1; reset millrace.cache_ttl')
  })
})

describe('defaults', () => {
  test('are shown in a new session, and after RESET', async ({ harness }) => {
    const session = await harness.connect()
    const show = async (name: string) => Object.values((await session.query(`show millrace.${name}`)).rows[0])
    expect(await show('cache_ttl')).toEqual(['0 (default)'])
    expect(await show('max_api_calls')).toEqual(['-1 (default)'])
    expect(await show('max_bytes')).toEqual(['10GB (default)'])
    expect(await show('progress')).toEqual(['off (default)'])
    await session.query('set millrace.cache_ttl = 60')
    expect(await show('cache_ttl')).toEqual(['60'])
    await session.query('reset millrace.cache_ttl')
    expect(await show('cache_ttl')).toEqual(['0 (default)'])
    await session.query('set millrace.max_keys = 7')
    await session.query('discard all')
    expect(await show('max_keys')).toEqual(['100000 (default)'])
  })

  // A guest cannot replace pg_settings.
  test.skipIf(isDebian)('are listed by pg_settings, as psql’s \\dconfig reads them', async ({ harness }) => {
    const session = await harness.connect({ options: '-c millrace.max_rows=5' })
    const { rows } = await session.query(
      `select s.name, pg_catalog.current_setting(s.name) as value, s.source from pg_catalog.pg_settings s
        where pg_catalog.lower(s.name) operator(pg_catalog.~) '^(millrace\\..*)$' collate pg_catalog.default
        order by 1`,
    )
    expect(rows.map(({ name, value, source }) => `${name} ${value} ${source}`)).toEqual([
      'millrace.cache_ttl 0 (default) default',
      'millrace.max_api_calls -1 (default) default',
      'millrace.max_bytes 10GB (default) default',
      'millrace.max_keys 100000 (default) default',
      'millrace.max_rows 5 session',
      'millrace.progress off (default) default',
    ])
    expect((await session.query('select count(*) > 300 as many from pg_settings')).rows).toEqual([
      { many: true },
    ])
    await session.query("update pg_settings set setting = '9' where name = 'millrace.max_rows'")
    expect((await session.query('show millrace.max_rows')).rows).toEqual([{ 'millrace.max_rows': '9' }])
  })

  test('a default that is set as it is shown is the default', async ({ harness }) => {
    const session = await harness.connect()
    await session.query("set millrace.max_api_calls = '-1 (default)'")
    await expect(session.query("select name from event where trail = 't1'")).resolves.toMatchObject({
      rowCount: 3,
    })
  })
})
