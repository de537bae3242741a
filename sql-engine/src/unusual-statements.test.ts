/** Statements that are very long, or nested very deeply. */
import { describe, expect } from 'vitest'
import { propertyTest } from './testing/engine-test.js'
import type { PropertyHarness } from './testing/property-harness.js'

const rows = {
  thing: [],
  place: [
    { ip: '1.1.1.1', city: 'Windsor', size: 1n },
    { ip: '10.0.7.7', city: 'Madrid', size: 2n },
  ],
  event: [{ trail: 't1', address: '1.1.1.1', id: 1n, seen: '2022-07-06T20:38:09Z' }],
  note: [{ ip: '1.1.1.1', trail: 't1', id: 1n }],
}

const test = propertyTest({ rows: [rows], filtering: 'every operator' })

const run = (harness: PropertyHarness, text: string) =>
  harness.run({ text, parameters: [], isOrdered: false }, 0)

describe('many constants', () => {
  const addresses = Array.from({ length: 2000 }, (_, index) => `'10.0.${index >> 8}.${index & 255}'`)
  test.for([
    ['IN', `select city from place where ip in (${addresses.join(', ')})`],
    [
      'OR',
      `select city from place where ${addresses
        .slice(0, 900)
        .map((one) => `ip = ${one}`)
        .join(' or ')} or ip = '10.0.7.7'`,
    ],
    [
      'UNION ALL',
      [...addresses.slice(0, 900), "'10.0.7.7'"]
        .map((one) => `select city from place where ip = ${one}`)
        .join(' union all '),
    ],
  ] as const)('%s', { timeout: 60_000 }, async ([_, text], { harness }) => {
    const { virtual, expected } = await run(harness, text)
    expect(virtual).toEqual(expected)
    expect(virtual.rows).toEqual(['["Madrid"]'])
  })
})

describe('deep nesting', () => {
  const nested = (depth: number) =>
    Array.from({ length: depth }).reduce<string>(
      (inner) => `select * from (${inner}) q`,
      "select city from place where ip = '1.1.1.1'",
    )

  test('hundreds of levels work', async ({ harness }) => {
    const { virtual } = await run(harness, nested(200))
    expect(virtual.rows).toEqual(['["Windsor"]'])
  })

  test('more than the call stack holds is told as PostgreSQL tells it', async ({ harness }) => {
    const { virtual } = await run(harness, nested(1200))
    expect(virtual).toMatchObject({ sqlState: '54001' })
  })
})

test.for([
  [
    "update note set (ip, id) = (select ip, size from place where ip = '1.1.1.1') returning ip, id",
    ['place; ip = 1.1.1.1'],
  ],
  [
    "update note set (ip, id) = (select p.ip, size from place p where p.ip = note.ip), trail = 'x' returning ip, id, trail",
    ['place; ip = 1.1.1.1'],
  ],
] as const)('one query for several columns is one scan: %s', async ([text, calls], { harness }) => {
  const { virtual, expected } = await run(harness, `with changed as (${text}) select * from changed`)
  expect(virtual).toEqual(expected)
  expect(harness.calls.map(({ table, quals }) => [table, ...quals].join('; '))).toEqual(calls)
})
