/** Tables of a Steampipe plugin, the executable file as it is, through the gateway. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BridgeHarness, word } from '../testing/bridge-harness.js'
import { buildTimeout, hasGo } from '../testing/bridge-plugin.js'

let harness: BridgeHarness

beforeAll(async () => {
  if (hasGo()) harness = await BridgeHarness.start()
}, buildTimeout)
afterAll(() => harness?.stop())
beforeEach(() => {
  if (harness !== undefined) harness.notices.length = 0
})

const rows = (text: string, values: unknown[] = []) => harness.rows(text, values)
const calls = () => harness.calls()

describe.runIf(hasGo())('a bridged plugin', () => {
  beforeEach(async () => {
    await calls()
  })

  test('is told its settings, and sees no variables of Millrace', async () => {
    expect(await rows('select word, words from bridge.bridge_setting')).toEqual([[word, ['x', 'y']]])
    expect(await rows('select word, words from other.bridge_setting')).toEqual([['other', null]])
    const [[environment]] = (await rows('select environment from bridge_setting')) as [[string[]]]
    expect(environment).toContain('HOME')
    expect(environment.join()).not.toContain('MILLRACE')
  })

  test('conditions on columns by which the SDK leaves out connections stay here', async () => {
    const found = (where: string) => rows(`select account from bridge.bridge_setting where ${where}`)
    expect(await found(`account = '1*1'`)).toEqual([['1*1']])
    expect(await found(`account like '1%'`)).toEqual([['1*1']])
    expect(await found(`account not like '%2%'`)).toEqual([['1*1']])
    expect(await found(`account = '111'`)).toEqual([])
    // Also where the get function is called, which would take them.
    await calls()
    const item = `select id from bridge.bridge_item where id = 'item-7' and account like '1_1'`
    expect(await rows(item)).toEqual([['item-7']])
    expect(await calls()).toEqual(['bridge_item; get; id = item-7'])
  })

  test('one process serves all connections', async () => {
    expect(
      await rows(
        'select count(distinct pid) from (table bridge.bridge_setting union all table other.bridge_setting) q',
      ),
    ).toEqual([['1']])
  })

  test('settings that it does not take are its own words, and keep no other connection from serving', async () => {
    const [[state, error]] = (await rows(
      `select state, error from millrace.connection where name = 'wrong'`,
    )) as [[string, string]]
    expect([state, error]).toEqual([
      'error',
      expect.stringContaining('An argument named "nope" is not expected here'),
    ])
  })

  test('its tables are told with their columns, types and comments', async () => {
    expect(
      await rows(`select attname, format_type(atttypid, null), col_description(attrelid, attnum)
        from pg_attribute where attrelid = 'bridge.bridge_type'::regclass and attnum > 0 and not attisdropped
        order by attnum`),
    ).toEqual(
      [
        ['name', 'text'],
        ['bool', 'boolean'],
        ['int', 'bigint'],
        ['double', 'double precision'],
        ['text', 'text'],
        ['json', 'jsonb'],
        ['time', 'timestamp with time zone'],
        ['address', 'inet'],
        ['network', 'cidr'],
        ['interface', 'inet'],
        ['path', 'text'],
        ['sp_connection_name', 'text'],
        ['sp_ctx', 'jsonb'],
        ['_ctx', 'jsonb'],
      ].map((expected) => [...expected, expect.any(String)]),
    )
  })
})

describe.runIf(hasGo())('values', () => {
  const columns = 'bool, int, double, text, json::text, "time"::text, address, network, interface, path'
  test.each<[string, unknown[], string?]>([
    [
      'usual',
      [
        true,
        '1',
        1.5,
        'text',
        '{"a": [1, 2]}',
        '2024-05-01 12:30:15.123456+00',
        '10.1.2.3',
        '10.0.0.0/8',
        '10.1.2.3/8',
        'a.b',
      ],
    ],
    ['nothing', Array(10).fill(null)],
    ['zero', [false, '0', 0, '', null, null, null, null, null, '']],
    [
      'large',
      [
        true,
        '9223372036854775807',
        1.7976931348623157e308,
        'ä😀 "\'\\\n\t',
        '"text"',
        '9999-12-31 23:59:59+00',
        '2001:db8::1',
        '2001:db8::/32',
        '::1',
        'a',
      ],
    ],
    [
      'small',
      [
        false,
        '-9223372036854775808',
        -5e-324,
        ' ',
        null,
        '0001-01-01 00:00:00+00',
        '0.0.0.0',
        '0.0.0.0/0',
        '0.0.0.0/0',
        'a',
      ],
    ],
    ['no number', [null, null, Number.NaN, null, null, null, null, null, null, null], 'json'],
    ['infinite', [null, null, Number.POSITIVE_INFINITY, null, null, null, null, null, null, null], 'json'],
    [
      'odd',
      [
        null,
        null,
        Number.NEGATIVE_INFINITY,
        'a\ufffdb',
        '{"a": "\ufffd"}',
        '1969-12-31 23:59:59.999999+00',
        '::ffff:1.2.3.4',
        null,
        'fe80::1/64',
        'a',
      ],
      'network',
    ],
    [
      'digits',
      [null, '9007199254740993', 0.1, null, '{"n": 12345678901234567890.123}', null, null, null, null, null],
    ],
  ])('%s', async (name, expected, refused) => {
    await rows('set timezone = utc')
    expect(await rows(`select ${columns} from bridge_type where name = $1`, [name])).toEqual([expected])
    expect(harness.notices).toEqual(
      refused === undefined ? [] : [expect.stringContaining(`values of ${refused}`)],
    )
  })
})

/** Statements over a table of the plugin, with what reaches the plugin; the answer is that over an ordinary copy. */
describe.runIf(hasGo())('conditions', () => {
  beforeAll(async () => {
    await rows('create table public.item_copy as select * from bridge.bridge_item')
  })
  beforeEach(async () => {
    await calls()
  })

  test.each([
    [`where id = 'item-7'`, ['get; id = item-7']],
    [`where id = 'nothing'`, ['get; id = nothing']],
    [
      `where id in ('item-7', 'ITEM-7', 'item-8')`,
      ['get; id = ITEM-7', 'get; id = item-7', 'get; id = item-8', 'get; id = item-7'],
    ],
    [`where id = 'item-7' and id = 'item-8'`, []],
    [`where id = 'item-7' or n = 9`, ['list']],
    [`where id = 'item-7' and kind = 'green'`, ['get; id = item-7']],
    // Nothing is identified by an empty text, and to a plugin it means no condition.
    [`where id = ''`, []],
    [`where kind = 'red'`, ['list; kind = red']],
    [`where kind in ('red', 'blue')`, ['list; kind = blue', 'list; kind = red']],
    [`where kind not in ('red', 'blue')`, ['list; kind <> red']],
    [`where kind <> 'red'`, ['list; kind <> red']],
    [`where kind like 'r%'`, ['list; kind ~~ r%']],
    [`where kind not ilike '%E'`, ['list; kind !~~* %E']],
    [`where kind like 'r%' and kind like '%d'`, ['list; kind ~~ r%']],
    [`where kind ~ '^r'`, ['list']],
    [`where kind < 'green'`, ['list']],
    [`where n between 3 and 5`, ['list; n <= 5; n >= 3']],
    [`where n > 3 and n > 5 and n < 9 and n <= 8`, ['list; n <= 8; n >= 5']],
    [`where n = 3`, ['list; n = 3']],
    [`where n in (3, 400)`, ['list; n = 3', 'list; n = 400']],
    [`where n <> 3`, ['list; n <> 3']],
    [`where n = 3 and kind in ('red', 'blue')`, ['list; kind = blue; n = 3', 'list; kind = red; n = 3']],
    [
      `where n in (3, 5) and kind in ('red', 'blue', 'green')`,
      [
        'list; kind = blue; n = 3',
        'list; kind = blue; n = 5',
        'list; kind = green; n = 3',
        'list; kind = green; n = 5',
        'list; kind = red; n = 3',
        'list; kind = red; n = 5',
      ],
    ],
    // Whole seconds, and outwards: the plugin drops fractions of what it is asked, not of what it finds.
    [
      `where "at" = '2024-05-01T00:00:05.9Z'`,
      ['list; at <= 2024-05-01T00:00:06Z; at >= 2024-05-01T00:00:05Z'],
    ],
    [`where "at" >= '2024-05-01T00:00:05.9Z'`, ['list; at >= 2024-05-01T00:00:05Z']],
    [
      `where "at" > '2024-05-01T00:00:05.5Z' and "at" < '2024-05-01T00:00:09.1Z'`,
      ['list; at <= 2024-05-01T00:00:10Z; at >= 2024-05-01T00:00:05Z'],
    ],
    [`where "at" <> '2024-05-01T00:00:05Z'`, ['list']],
    [`where ok`, ['list; ok = true']],
    [`where not ok`, ['list; ok = false']],
    [`where ok is not true`, ['list']],
    [`where ip = '10.0.0.7'`, ['list; ip = 10.0.0.7/32']],
    [`where ip = '10.0.0.7/32' or ip = '10.0.0.8'`, ['list; ip = 10.0.0.7/32', 'list; ip = 10.0.0.8/32']],
    [`where note is null`, ['list; note is null ']],
    [`where note is not null`, ['list; note is not null ']],
    [`where note = 'note of item-8'`, ['list; note = note of item-8']],
    [`where sp_connection_name = 'bridge'`, ['list']],
    [`where sp_connection_name = 'another'`, ['list']],
    [`where exists (select from (values ('red')) v (k) where k = kind)`, ['list; kind = red']],
    [`where n = any (select generate_series(1, 3))`, ['list; n = 1', 'list; n = 2', 'list; n = 3']],
  ])('%s', async (where, asked) => {
    const columns = 'id, kind, n, at, ok, ip, net, note'
    const answer = await rows(`select ${columns} from bridge.bridge_item ${where} order by n`)
    expect(answer).toEqual(await rows(`select ${columns} from public.item_copy ${where} order by n`))
    expect((await calls()).sort()).toEqual(asked.map((call) => `bridge_item; ${call}`).sort())
  })

  test('columns of hydrate functions take a call for each row, and only where they are asked for', async () => {
    await rows('select id from bridge_item where n < 3')
    expect(await calls()).toEqual(['bridge_item; list; n <= 3'])
    expect(await rows('select detail from bridge_item where n < 3 order by n')).toEqual([
      ['detail of item-0'],
      ['detail of item-1'],
      ['detail of item-2'],
    ])
    // The API gives a row more than was asked for: a bound holds its own value.
    expect((await calls()).filter((call) => call.includes('detail'))).toHaveLength(4)
  })

  test.each([
    ['times, which reach the plugin as bounds', 'select at from item_copy'],
    [
      'texts, one of which cannot be passed',
      `select kind from item_copy union select '' union select 'k' || i from generate_series(1, 60) i`,
    ],
  ])('many keys that are divided give each row once: %s', async (_, values) => {
    const column = values.includes(' at ') ? 'at' : 'kind'
    // Known before the scan begins, so that there are several lists of values.
    const [[list]] = (await rows(`select string_agg(quote_literal(v), ', ') from (${values}) q (v)`)) as [
      [string],
    ]
    const found = `select id from TABLE where ${column} in (${list}) order by id`
    expect(await rows(found.replace('TABLE', 'bridge_item'))).toEqual(
      await rows(found.replace('TABLE', 'public.item_copy')),
    )
  })

  test('EXPLAIN says that calls of the plugin make others in turn, and afterwards how many', async () => {
    const before = await rows('explain select detail from bridge_item where n < 3')
    expect(before.flat().join('\n')).toContain('each makes others in turn')
    const after = (await rows('explain analyze select detail from bridge_item where n < 3')).flat().join('\n')
    expect(after).toMatch(/Made: 1 call \([1-9]\d* made in turn\), 0 retried/)
    const counted = await rows(
      'select calls, inner_calls > 0 from millrace.scan order by statement desc limit 1',
    )
    expect(counted).toEqual([['1', true]])
  })

  test('many keys come in parts', async () => {
    const [[count]] = (await rows(
      `select count(*) from bridge_lookup l where key in (select 'k' || i from generate_series(1, 120) i)`,
    )) as [[string]]
    expect(count).toBe('120')
    expect(await calls()).toHaveLength(120)
  })
})

describe.runIf(hasGo())('limits', () => {
  beforeEach(async () => {
    await calls()
  })

  test('reach a list without conditions', async () => {
    expect(await rows('select id from bridge_item limit 3')).toHaveLength(3)
    expect(await calls()).toEqual(['bridge_item; list; limit 3'])
  })

  test('with conditions, the plugin is left when there are enough rows', async () => {
    expect(await rows('select n from bridge_many where count = 1000000 limit 5')).toHaveLength(5)
    expect(await calls()).toEqual(['bridge_many; list; count = 1000000'])
  })

  test('are asked for twice where rows are missing: lists of parents lose some', async () => {
    for (let time = 0; time < 30; time++)
      expect(await rows('select name from bridge_child limit 60')).toHaveLength(60)
  })

  test('larger than the table', async () => {
    expect(await rows('select id from bridge_item limit 100 offset 250')).toHaveLength(50)
  })
})

describe.runIf(hasGo())('keys that an API takes for the same', () => {
  test.each([
    ['are looked up once each', `key in ('x', 'X', 'y')`, ['X', 'x', 'y']],
    [
      'as a search by beginnings',
      `key in ('a', 'ab', 'abc', 'b') and mode = 'prefix'`,
      ['a', 'ab', 'abc', 'b'],
    ],
    ['rows that are twice there', `key in ('a', 'b') and mode = 'twice'`, ['a', 'a', 'b', 'b']],
    ['an empty one is none', `key in ('a', '')`, ['a']],
    ['only an empty one', `key = ''`, []],
  ])('%s', async (_, where, expected) => {
    const found = await rows(`select key from bridge_lookup where ${where} order by key collate "C"`)
    expect(found.flat()).toEqual(expected)
  })

  test('one of two', async () => {
    expect(await rows(`select name, number from bridge_any_of where name = 'number 7'`)).toEqual([
      ['number 7', '7'],
    ])
    expect(await rows('select name, number from bridge_any_of where number in (7, 8) order by 2')).toEqual([
      ['number 7', '7'],
      ['number 8', '8'],
    ])
    await expect(rows('select * from bridge_any_of')).rejects.toMatchObject({ code: 'HV002' })
    await expect(rows('select * from bridge_lookup')).rejects.toMatchObject({ code: 'HV002' })
  })

  test('in two regions, which the SDK takes for an error', async () => {
    const found = (id: string) => rows(`select id, region from bridge_region where id = $1 order by 2`, [id])
    expect(await found('both')).toEqual([
      ['both', 'east'],
      ['both', 'west'],
    ])
    expect(await found('east')).toEqual([['east', 'east']])
    expect(
      await rows(`select id, region from bridge_region where id in ('both', 'east', 'x') order by 1, 2`),
    ).toEqual([
      ['both', 'east'],
      ['both', 'west'],
      ['east', 'east'],
    ])
  })
})
