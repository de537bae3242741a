import { expect, test } from 'vitest'
import { Grammar, grammar } from './grammar.js'
import { parseText } from './parser.js'

/** So many terms that the parser's stack does not hold them. */
const deep = `select 1${'+1'.repeat(50_000)}`

test('texts that are too deep do no harm to others, however many come', async () => {
  for (let index = 0; index < 60; index++) {
    expect(parseText(deep)).toBeUndefined()
    await grammar.renewed()
    expect(parseText('select 1')).toHaveLength(1)
  }
})

test('many of them at once are left to PostgreSQL until the parser is as new', async () => {
  for (let index = 0; index < 60; index++) expect(parseText(deep)).toBeUndefined()
  expect(parseText('select 1')).toBeUndefined()
  await grammar.renewed()
  expect(parseText('select 1')).toHaveLength(1)
})

test('a text with an error is not SQL, and leaves the parser as it is', () => {
  for (let index = 0; index < 60; index++) expect(parseText('select from from')).toBeUndefined()
  expect(parseText('select 1')).toHaveLength(1)
})

test('an instance that could not be made is asked for again', async () => {
  const library = {
    loadModule: async () => {},
    parseSync: () => ({ version: 0, stmts: [] }),
    scanSync: () => ({ version: 0, tokens: [] }),
  }
  let made = 0
  const renewed = await Grammar.open(async () => {
    if (++made === 2) throw new Error('there is no memory')
    return library
  })
  const fail = () => {
    throw Object.assign(new Error('unreachable'), { name: 'RuntimeError' })
  }
  expect(() => renewed.use('select 1', fail)).toThrow('unreachable')
  await renewed.renewed()
  expect(renewed.use('select 1', () => 'used')).toBeUndefined()
  await renewed.renewed()
  expect(renewed.use('select 1', () => 'used')).toBe('used')
  expect(made).toBe(3)
})
