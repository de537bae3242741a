/** `npm run mutants` runs them; that they can be made at all is checked with every run of the tests. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { allMutants, someMutants } from './all-mutants.js'

const root = new URL('../../../', import.meta.url)

test.each(allMutants)('$name', ({ file, find, replace, tests }) => {
  const source = readFileSync(new URL(file, root), 'utf8')
  expect(source.split(find)).toHaveLength(2)
  expect(replace).not.toBe(find)
  for (const path of tests) expect(existsSync(new URL(path, root)), path).toBe(true)
})

test('each has a name of its own', () => {
  expect(new Set(allMutants.map(({ name }) => name)).size).toBe(allMutants.length)
  expect(allMutants.length).toBeGreaterThanOrEqual(80)
  expect(someMutants).toHaveLength(6)
})
