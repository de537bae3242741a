import { expect, test } from 'vitest'
import { grammarRenewed } from './grammar.js'
import { parseText } from './parser.js'

/** So many terms that the parser's stack does not hold them. */
const deep = `select 1${'+1'.repeat(50_000)}`

test('texts that are too deep do no harm to others, however many come', async () => {
  for (let index = 0; index < 60; index++) {
    expect(parseText(deep)).toBeUndefined()
    await grammarRenewed()
    expect(parseText('select 1')).toHaveLength(1)
  }
})

test('many of them at once are left to PostgreSQL until the parser is as new', async () => {
  for (let index = 0; index < 60; index++) expect(parseText(deep)).toBeUndefined()
  expect(parseText('select 1')).toBeUndefined()
  await grammarRenewed()
  expect(parseText('select 1')).toHaveLength(1)
})

test('a text with an error is not SQL, and leaves the parser as it is', () => {
  for (let index = 0; index < 60; index++) expect(parseText('select from from')).toBeUndefined()
  expect(parseText('select 1')).toHaveLength(1)
})
