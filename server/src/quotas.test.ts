import { isDebian } from '@millrace/sql-engine/testing/test-postgres'
import { describe, expect } from 'vitest'
import { errorOf } from './testing/error-of.js'
import { test } from './testing/gateway-test.js'

test.beforeEach(async ({ client }) => {
  await client.query('reset all')
})

const twoPlaces = `select city from place where ip in ('1.1.1.1', '2.2.2.2')`
const places = 'select e.name, p.city from event e join place p on p.ip = e.address::inet'

describe('millrace.max_api_calls', () => {
  test('a scan that is known to need more makes none', async ({ harness, client }) => {
    await client.query('set millrace.max_api_calls = 1')
    const error = await errorOf(client.query(twoPlaces))
    expect(error).toMatchObject({
      code: '53400',
      message: 'the statement needs at least 2 API calls',
      detail: 'Table "place" needs 2; none of the 2 has been made. millrace.max_api_calls allows 1.',
    })
    expect(error.hint).toContain('millrace.max_api_calls')
    expect(harness.calls).toEqual([])
    await client.query('set millrace.max_api_calls = 2')
    expect((await client.query(twoPlaces)).rowCount).toBe(2)
  })

  test('calls of all scans of the statement count', async ({ harness, client }) => {
    const join = `${places} where e.trail = 't1' and e.address ~ '^\\d'`
    await client.query('set millrace.max_api_calls = 2')
    const error = await errorOf(client.query(join))
    expect(error.message).toBe('the statement needs at least 3 API calls')
    expect(error.detail).toMatch(/^Table "place" needs 2, beside 1 for other scans;/)
    expect(harness.calls.map(({ table }) => table)).toEqual(['event'])
    await client.query('set millrace.max_api_calls = 3')
    expect((await client.query(join)).rowCount).toBe(2)
  })

  test('0 makes no call; -1 lifts the quota', async ({ client }) => {
    await client.query('set millrace.max_api_calls = 0')
    const error = await errorOf(client.query('select * from kind'))
    expect(error.message).toBe('table "kind": List: the statement needs more than 0 API calls')
    await client.query('set millrace.max_api_calls = -1')
    expect((await client.query('select * from kind')).rowCount).toBe(2)
  })

  test('the extended protocol has it too, and the session goes on after the error', async ({ client }) => {
    await client.query('set millrace.max_api_calls = 0')
    const text = 'select city from place where ip = $1'
    expect((await errorOf(client.query(text, ['1.1.1.1']))).code).toBe('53400')
    await client.query('reset millrace.max_api_calls')
    expect((await client.query(text, ['1.1.1.1'])).rowCount).toBe(1)
  })

  test('a call whose rows several scans of the statement read counts once', async ({ harness, client }) => {
    await client.query('set millrace.max_api_calls = 2; set millrace.cache_ttl = 0')
    const { rowCount } = await client.query(`select city from place where ip in ('1.1.1.1', '2.2.2.2')
      union all select city from place where ip in ('2.2.2.2', '1.1.1.1') and city <> ''
      union all select city from place where ip = '1.1.1.1'`)
    expect(rowCount).toBe(5)
    expect(harness.calls).toHaveLength(2)
  })

  test('another session that waits for the same rows has its own quota', async ({ harness, client }) => {
    const other = await harness.connect({ options: '-c millrace.max_api_calls=1' })
    await other.query('set millrace.cache_ttl = 60')
    await client.query('set millrace.cache_ttl = 60')
    const held = harness.holdCall()
    const whole = `select * from event e, kind k where e.trail = 't1'`
    const failing = errorOf(other.query(whole))
    const call = await held
    const waiting = client.query(
      `select * from ${call.table} where ${call.table === 'event' ? "trail = 't1'" : 'true'}`,
    )
    call.answer()
    expect((await failing).code).toBe('53400')
    expect((await waiting).rowCount).toBeGreaterThan(0)
  })
})

describe('other quotas', () => {
  test('keys of a scan', async ({ harness, client }) => {
    await client.query('set millrace.max_keys = 1')
    const error = await errorOf(client.query(twoPlaces))
    expect(error).toMatchObject({
      code: '53400',
      message: 'table "place" would have to be asked for 2 keys',
    })
    expect(error.detail).toContain('millrace.max_keys allows 1.')
    expect(harness.calls).toEqual([])
  })

  test('rows of a statement', async ({ client }) => {
    await client.query('set millrace.max_rows = 2')
    const error = await errorOf(client.query(`select * from event where trail = 't1'`))
    expect(error).toMatchObject({
      code: '53400',
      message: 'table "event": the statement fetches more than 2 rows',
    })
    await client.query('set millrace.max_rows = 3')
    expect((await client.query(`select * from event where trail = 't1'`)).rowCount).toBe(3)
  })

  test('bytes of a statement', async ({ client }) => {
    await client.query("set millrace.max_bytes = '1B'")
    const error = await errorOf(client.query('select * from kind'))
    expect(error).toMatchObject({
      code: '53400',
      message: 'table "kind": the statement fetches more than 1 bytes of rows',
    })
    await client.query("set millrace.max_bytes = '1kB'")
    expect((await client.query('select * from kind')).rowCount).toBe(2)
  })
})

describe('how they are set', () => {
  test("in a connection's options, by SET LOCAL, for a role", async ({ harness, client }) => {
    const options = await harness.connect({ options: '-c millrace.max_api_calls=0' })
    expect((await errorOf(options.query('select * from kind'))).code).toBe('53400')

    await client.query('begin; set local millrace.max_api_calls = 0')
    expect((await errorOf(client.query('select * from kind'))).code).toBe('53400')
    await client.query('rollback')
    expect((await client.query('select * from kind')).rowCount).toBe(2)

    // An ordinary role may set it for itself where Millrace is a superuser, who has granted that.
    const setter = isDebian ? await harness.connectStraight() : client
    await setter.query('alter role millrace set millrace.max_api_calls = 0')
    try {
      const later = await harness.connect()
      expect((await errorOf(later.query('select * from kind'))).code).toBe('53400')
    } finally {
      await setter.query('alter role millrace reset millrace.max_api_calls')
    }
  })

  test.for([
    ['max_api_calls', 'many', 'Give a whole number, -1 for no quota.'],
    ['max_keys', '-2', 'Give a whole number, -1 for no quota.'],
    ['max_rows', '1.5', 'Give a whole number, -1 for no quota.'],
    ['max_bytes', '1 gb', 'Give a number of bytes, or one with a unit (kB, MB, GB, TB), -1 for no quota.'],
    ['progress', 'loud', 'Give on, off or json.'],
    ['cache_ttl', 'soon', 'Give a number of seconds, 0 for rows that are always asked for again.'],
  ] as const)('%s = %s is refused', async ([name, value, hint], { harness, client }) => {
    await client.query(`select set_config('millrace.${name}', $1, false)`, [value])
    expect(await errorOf(client.query('select * from kind'))).toMatchObject({
      code: '22023',
      message: `invalid value for parameter "millrace.${name}": "${value}"`,
      hint,
    })
    expect(harness.calls).toEqual([])
  })
})
