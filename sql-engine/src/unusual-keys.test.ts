/** Keys of values that are spelt in several ways, or that JSON does not have. */
import { bigint, doublePrecision, jsonb, rawJsonText } from '@millrace/plugin-sdk'
import { describe, expect } from 'vitest'
import { propertyTest } from './testing/engine-test.js'
import type { PropertyHarness } from './testing/property-harness.js'

const doc = (text: string, id: bigint) => ({ doc: rawJsonText(text), id })
const inherent = { operators: ['='], inherent: true } as const
const test = propertyTest({
  tables: {
    document: {
      columns: { doc: jsonb(''), id: bigint('') },
      keys: { doc: { ...inherent, require: 'required', valuesPerCall: 2 } },
    },
    measure: {
      columns: { size: doublePrecision(''), id: bigint('') },
      keys: { size: { ...inherent, require: 'required', valuesPerCall: 1 } },
    },
    /** The same, but can be read whole. */
    free: { columns: { size: doublePrecision(''), id: bigint('') }, keys: { size: inherent } },
    note: { columns: { size: doublePrecision(''), doc: jsonb('') }, keys: undefined },
  },
  rows: [
    {
      document: [
        doc('1.0', 1n),
        doc('1', 2n),
        doc('{"a": 2.50, "b.0": ["1.0", "\\"2.50", 10]}', 3n),
        doc('null', 4n),
      ],
      ...Object.fromEntries(
        ['measure', 'free'].map((name) => [
          name,
          [Number.NaN, Number.POSITIVE_INFINITY, -0, 0, 1].map((size, index) => ({
            size,
            id: BigInt(index),
          })),
        ]),
      ),
      note: [
        { size: Number.NaN, doc: rawJsonText('1.00') },
        { size: 0, doc: rawJsonText('{"b.0": ["1.0", "\\"2.50", 10.0], "a": 2.5}') },
        { size: 1, doc: null },
      ],
    },
  ],
  filtering: 'every operator',
  cache: { ttl: 60, maxBytes: 100_000_000 },
})

describe('of numbers in documents', () => {
  test.for<[string, string, readonly string[]]>([
    ['with zeros at their end', "doc = '1.00'", ['doc = 1']],
    ['in lists', "doc in ('1.0', 'null', '1')", ['doc = 1, null']],
    [
      'that are no texts',
      `doc = '{"b.0": ["1.0", "\\"2.50", 10.0], "a": 2.500}'`,
      ['doc = {"a": 2.5, "b.0": ["1.0", "\\"2.50", 10]}'],
    ],
    ['in two lists', "doc in ('1.0', 'null') and doc in ('1.00', '2')", ['doc = 1']],
  ])('%s', async ([_, condition, quals], { harness }) => {
    harness.engine.forgetRows()
    await isAnswered(harness, `select doc, id from document where ${condition}`)
    expect(harness.calls.map((call) => call.quals)).toEqual([quals])
  })

  test('from rows', async ({ harness }) => {
    await isAnswered(harness, 'select d.doc, n.doc from document d join note n using (doc)')
  })
})

describe('of numbers that are none', () => {
  test.for<[string, string, readonly (readonly string[])[]]>([
    ['one', "size = 'NaN'", [['size = NaN']]],
    ['an infinite one', "size = 'infinity'", [['size = Infinity']]],
    ['in lists', "size in ('NaN', 1, '-0')", [['size = NaN'], ['size = 1'], ['size = 0']]],
  ])('%s', async ([_, condition, quals], { harness }) => {
    harness.engine.forgetRows()
    await isAnswered(harness, `select size, id from measure where ${condition}`)
    expect(harness.calls.map((call) => call.quals)).toEqual(quals)
  })

  test('from rows', async ({ harness }) => {
    await isAnswered(harness, 'select m.size, m.id from measure m join note n using (size)')
  })

  test('are kept apart', async ({ harness }) => {
    await isAnswered(harness, "select id from measure where size = 'NaN'")
    await isAnswered(harness, "select id from measure where size = 'infinity'")
    await isAnswered(harness, "select id from measure where size = 'NaN' and size <> 1")
  })

  test.for(["size = 'NaN'", "size in (1, 'infinity')"])(
    'an API is not asked for them without need: %s',
    async (condition, { harness }) => {
      harness.engine.forgetRows()
      await isAnswered(harness, `select id from free where ${condition}`)
      expect(harness.calls.map((call) => call.quals)).toEqual([[]])
    },
  )
})

async function isAnswered(harness: PropertyHarness, text: string): Promise<void> {
  const { virtual, expected } = await harness.run({ text, parameters: [], isOrdered: false }, 0)
  expect(virtual).toEqual(expected)
  expect(expected.rows).not.toEqual([])
}
