/** Whether a document that is followed can be wrong unnoticed. That docs/write-a-plugin.md is right is shown by .ci/package. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { follow, stepsOf } from './walkthrough.js'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-walkthrough-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** A block of a document: its kind, its text, and what stands above it. */
type Block = readonly [kind: string, text: string, above?: string]

const document = (...blocks: readonly Block[]) =>
  blocks.map(([kind, text, above = '']) => `${above}\n\n\`\`\`${kind}\n${text}\n\`\`\`\n`).join('')

const followed = (...blocks: readonly Block[]) => follow(stepsOf(document(...blocks)), folder, process.env)

test('commands run one after the other, from where the last ones have ended; files are written and changed there', async () => {
  await followed(
    ['sh', 'mkdir -p made\ncd made'],
    ['ts', 'one\ntwo\nthree', 'In `src/a.ts`:'],
    ['diff', ' one\n-two\n+$& two and a half\n three', 'Now change `src/a.ts`:'],
    ['sh', 'cat src/a.ts; pwd > /dev/null'],
    ['text', 'one   \n$& two and a half\nthree'],
  )
  expect(await readFile(join(folder, 'made/src/a.ts'), 'utf8')).toBe('one\n$& two and a half\nthree\n')
})

test.each<[string, readonly Block[], RegExp]>([
  ['a command that fails', [['sh', 'false\ntrue']], /^line 3: these commands fail/],
  ['a command that fails in a pipe', [['sh', 'false | true']], /^line 3/],
  [
    'another output',
    [
      ['sh', 'echo one'],
      ['text', 'two'],
    ],
    /^line 8: instead of\ntwo\nthere is\none/,
  ],
  ['an output without commands', [['text', 'two']], /^line 3: instead of/],
  [
    'a change of what is not there',
    [
      ['ts', 'a', '`a.ts`'],
      ['diff', '-b\n+c'],
    ],
    /a\.ts does not have once/,
  ],
  [
    'a change of what is there twice',
    [
      ['ts', 'a\na', '`a.ts`'],
      ['diff', '-a\n+c'],
    ],
    /a\.ts does not have once/,
  ],
])('%s is an error that names the line', async (_, blocks, message) => {
  await expect(followed(...blocks)).rejects.toThrow(message)
})

test.each<[string, Block, RegExp]>([
  ['without a kind', ['', 'a', '`a.ts`'], /a block of the kind ""/],
  ['of a kind that nobody follows', ['sql', 'select 1', '`a.ts`'], /a block of the kind "sql"/],
  ['for a file without a name', ['ts', 'a'], /no file is named/],
  ['with a line that neither stays nor changes', ['diff', 'a', '`a.ts`'], /begins with none of/],
])('a block %s is an error', (_, block, message) => {
  expect(() => stepsOf(document(block))).toThrow(message)
})

test('every block of docs/write-a-plugin.md stands for something', async () => {
  const path = fileURLToPath(new URL('../../../docs/write-a-plugin.md', import.meta.url))
  const text = await readFile(path, 'utf8')
  const steps = stepsOf(text)
  expect(steps.length).toBe((text.match(/```/g) ?? []).length / 2)
  expect(new Set(steps.map(({ kind }) => kind))).toEqual(new Set(['run', 'compare', 'write', 'change']))
})
