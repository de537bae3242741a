import { expect, test } from 'vitest'
import { BoundedLabels, others } from './bounded-labels.js'

test('a thousand connections have as many series as are allowed, those that came first by name', () => {
  const labels = new BoundedLabels<{ connection: string; table: string }>(['connection'], 10)
  const series = new Set<string>()
  for (let round = 0; round < 2; round++) {
    for (let connection = 0; connection < 1000; connection++) {
      for (let table = 0; table < 20; table++) {
        series.add(Object.values(labels.of({ connection: `c${connection}`, table: `t${table}` })).join())
      }
    }
  }
  const named = Array.from({ length: 10 }, (_, table) => `c0,t${table}`)
  const partly = Array.from({ length: 10 }, (_, table) => `${others},t${table + 10}`)
  expect([...series].sort()).toEqual([...named, ...partly, `${others},${others}`].sort())
})
