/**
 * The law of quals against a service that decides on its own which events match: whatever is pushed, every row
 * arrives that PostgreSQL would keep.
 */
import type { Qual, Quals } from '@millrace/plugin-sdk'
import { collectRows } from '@millrace/plugin-sdk/testing'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { textFields } from './cloudtrail-records/text-fields.js'
import type { AwsConnection } from './connection/connection.js'
import plugin from './plugin.js'
import { awsConfig } from './settings/config.js'
import type { EventColumns } from './tables/cloudtrail-trail-event/columns.js'
import { cloudtrailTrailEvent } from './tables/cloudtrail-trail-event.js'
import { holds } from './testing/sql-conditions.js'

type TextColumn = keyof typeof textFields
type Column = TextColumn | 'read_only' | 'timestamp_ms'
type EventQuals = Quals<EventColumns>
type FoundRow = Awaited<ReturnType<typeof collectRows<AwsConnection, EventColumns>>>[number]

const columns = [...(Object.keys(textFields) as TextColumn[]), 'read_only', 'timestamp_ms'] as const
const logGroup = 'nasty'

let sandbox: Sandbox
let connection: AwsConnection
let everything: readonly FoundRow[]

/** Texts out of few pieces, so that values and conditions meet. */
const nasty = fc.oneof(
  fc.constantFrom('', ' ', 'a', 'true', 'null', '42', '1e3', '*', '%', '_', '"', '\\', 'ConsoleLogin'),
  fc.string({
    unit: fc.constantFrom(
      'a',
      'B',
      '7',
      '"',
      '\\',
      '*',
      '%',
      '_',
      ' ',
      '|',
      '&',
      ')',
      '}',
      'é',
      '😀',
      '\n',
      '\0',
    ),
    maxLength: 6,
  }),
)

/** What stands in a field: mostly a text, at times another JSON value, or nothing. */
const fieldValue = fc.oneof(
  { weight: 8, arbitrary: nasty as fc.Arbitrary<unknown> },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 42, true, false, {}, ['a'], { a: 'a' }) },
  { weight: 1, arbitrary: fc.constant(undefined) },
)

const record = fc
  .record(Object.fromEntries(Object.values(textFields).map((field) => [field, fieldValue])))
  .chain((fields) =>
    fc
      .constantFrom<unknown>(true, false, null, 'true', undefined)
      .map((readOnly) => nest({ ...fields, readOnly })),
  )

/** `{'a.b': 1}` as `{a: {b: 1}}`. */
function nest(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const nested: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(fields)) {
    const [first = '', second] = path.split('.')
    if (second === undefined) nested[first] = value
    else nested[first] = { ...Object(nested[first]), [second]: value }
  }
  return nested
}

beforeAll(async () => {
  sandbox = await startSandbox()
  const records = fc.sample(record, { numRuns: 400, seed: 20220706 })
  const messages = [...records.map((each) => JSON.stringify(each)), 'no JSON', '[]', '"a"', 'null']
  sandbox.logs.addEvents(
    'us-east-1',
    logGroup,
    messages.map((message, i) => ({ message, timestamp: 1000 + Math.floor(i / 3) })),
  )
  connection = plugin.connect(awsConfig.parse({}), {
    connectionName: 'aws',
    environment: sandbox.environment,
  })
  everything = await rowsWith({})
})
afterAll(async () => {
  await plugin.close?.(connection)
  await sandbox.stop()
})
beforeEach(() => sandbox.calls.clear())

function rowsWith(quals: EventQuals): Promise<FoundRow[]> {
  return collectRows(cloudtrailTrailEvent, {
    connection,
    columns: [...columns],
    quals: { log_group_name: [{ operator: '=', values: [logGroup] }], ...quals },
  })
}

/** The rows that PostgreSQL keeps of those it is given. */
function kept(rows: readonly FoundRow[], quals: EventQuals): FoundRow[] {
  return rows.filter((row) =>
    columns.every((column) => (quals[column] ?? []).every((qual) => isKept(row, column, qual))),
  )
}

function isKept(row: FoundRow, column: Column, qual: Qual<string> | Qual<boolean> | Qual<bigint>): boolean {
  const value = row[column]
  const comparable = typeof value === 'number' ? BigInt(value) : value
  return holds(qual as Qual<string | boolean | bigint>, comparable)
}

/** Regular expressions that PostgreSQL and JavaScript read in the same way. */
const { expression } = fc.letrec<{ expression: string; branch: string; atom: string }>((tie) => ({
  expression: fc.array(tie('branch'), { minLength: 1, maxLength: 2 }).map((branches) => branches.join('|')),
  branch: fc
    .tuple(
      fc.constantFrom('', '^'),
      fc.array(fc.tuple(tie('atom'), fc.constantFrom('', '', '', '+', '*', '?', '{1,2}', '+?')), {
        maxLength: 3,
      }),
      fc.constantFrom('', '$'),
    )
    .map(([start, atoms, end]) => `${start}${atoms.flat().join('')}${end}`),
  atom: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('a', 'B', '7', '"', ' ', '_', '%', 'é', '.', '\\d', '\\.', '\\*', '\\|', '\\)'),
    fc.constantFrom('[ab]', '[a-z]', '[0-9.]', '[^a]', '[A-Z_]', 'Log', 'Con'),
    tie('expression').map((inside) => `(${inside})`),
  ),
}))

const textQual: fc.Arbitrary<Qual<string>> = fc.oneof(
  fc.record({ operator: fc.constant('~' as const), value: expression }),
  fc.constant({ operator: 'is not null' as const }),
  fc.record({
    operator: fc.constant('=' as const),
    values: fc.uniqueArray(nasty, { minLength: 1, maxLength: 4 }).map((values) => values as [string]),
  }),
  fc.record({ operator: fc.constant('<>' as const), value: nasty }),
  fc.record({ operator: fc.constant('~~' as const), value: nasty }),
  fc.tuple(nasty, nasty).map(([start, end]) => ({ operator: '~~' as const, value: `${start}%${end}` })),
  nasty.map((middle) => ({ operator: '~~' as const, value: `%${middle}%` })),
)

const booleanQual: fc.Arbitrary<Qual<boolean>> = fc
  .constantFrom<[boolean, ...boolean[]] | undefined>([true], [false], [true, false], undefined)
  .map((values) => (values === undefined ? { operator: 'is not null' } : { operator: '=', values }))

const milliseconds = fc.bigInt(990n, 1150n)
const timeQual: fc.Arbitrary<Qual<bigint>> = fc.oneof(
  fc.record({ operator: fc.constantFrom('<', '<=', '>', '>='), value: milliseconds }),
  fc.record({
    operator: fc.constant('=' as const),
    values: fc.uniqueArray(milliseconds, { minLength: 1, maxLength: 3 }).map((values) => values as [bigint]),
  }),
)

const someQuals: fc.Arbitrary<EventQuals> = fc
  .record(
    {
      event_name: fc.array(textQual, { minLength: 1, maxLength: 2 }),
      user_agent: fc.array(textQual, { minLength: 1, maxLength: 2 }),
      username: fc.array(textQual, { minLength: 1, maxLength: 2 }),
      error_code: fc.array(textQual, { minLength: 1, maxLength: 1 }),
      read_only: fc.array(booleanQual, { minLength: 1, maxLength: 1 }),
      timestamp_ms: fc.array(timeQual, { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: [] },
  )
  .map((quals): EventQuals => quals)

async function expectSameRows(quals: EventQuals): Promise<number> {
  const fetched = await rowsWith(quals)
  expect(kept(fetched, quals)).toEqual(kept(everything, quals))
  return fetched.length
}

describe('pushed conditions leave out nothing that PostgreSQL keeps', () => {
  test('whatever the conditions', async () => {
    let narrowed = 0
    await fc.assert(
      fc.asyncProperty(someQuals, async (quals) => {
        if ((await expectSameRows(quals)) < everything.length) narrowed++
      }),
      { numRuns: 400 },
    )
    // Otherwise the property would hold of a table that pushes nothing.
    expect(narrowed).toBeGreaterThan(100)
  })

  test.each(Object.keys(textFields) as TextColumn[])('on %s, for each of its values', async (column) => {
    const values = [...new Set(everything.flatMap((row) => row[column] ?? []))].slice(0, 12)
    expect(values).toHaveLength(12)
    for (const value of values) await expectSameRows({ [column]: [{ operator: '=', values: [value] }] })
    const [first = '', second = ''] = values.filter((value) => /^[a-z]+$/i.test(value))
    for (const value of [first, second]) {
      await expectSameRows({ [column]: [{ operator: '<>', value }] })
      await expectSameRows({ [column]: [{ operator: '~~', value: `${value.slice(0, 1)}%` }] })
      await expectSameRows({ [column]: [{ operator: '~', value: `^${value.slice(0, 1)}[a-zA-Z]*` }] })
    }
  })

  test('some text or other, the empty one too', async () => {
    const quals: EventQuals = { event_name: [{ operator: 'is not null' }] }
    expect(everything.some((row) => row.event_name === '')).toBe(true)
    const fetched = await expectSameRows(quals)
    expect(fetched).toBe(kept(everything, quals).length)
    expect(fetched).toBeLessThan(everything.length)
  })

  test('a plain condition fetches just the rows that it is true of', async () => {
    const quals: EventQuals = {
      event_name: [{ operator: '=', values: ['ConsoleLogin'] }],
      read_only: [{ operator: '=', values: [true, false] }],
    }
    const fetched = await rowsWith(quals)
    expect(fetched.length).toBeGreaterThan(0)
    expect(fetched).toEqual(kept(everything, quals))
    expect(sandbox.calls.list()).toMatchObject([
      {
        parameters: {
          filterPattern:
            '{ ($.eventName = "ConsoleLogin") && (($.readOnly IS TRUE) || ($.readOnly IS FALSE)) }',
        },
      },
    ])
  })

  test('more values than a pattern holds', async () => {
    const values = Array.from({ length: 200 }, (_, i) => `value-${i}`)
    const quals: EventQuals = { event_name: [{ operator: '=', values: ['ConsoleLogin', ...values] }] }
    expect(await expectSameRows(quals)).toBe(everything.length)
  })

  test('bounds of time in microseconds', async () => {
    const micros = fc.bigInt(999_000n, 1_140_000n)
    const qual = fc.record({ operator: fc.constantFrom('<', '<=', '>', '>='), value: micros })
    await fc.assert(
      fc.asyncProperty(fc.array(qual, { minLength: 1, maxLength: 2 }), async (timestamp) => {
        const fetched = await rowsWith({ timestamp })
        const expected = everything.filter((row) =>
          timestamp.every((each) => holds(each, BigInt(row.timestamp_ms ?? 0) * 1000n)),
        )
        // Milliseconds can say these bounds exactly.
        expect(fetched).toEqual(expected)
      }),
      { numRuns: 100 },
    )
  })
})
