import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rotatingFile } from './rotating-file.js'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-log-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function linesOf(name: string): Promise<string[]> {
  return (await readFile(join(folder, name), 'utf8')).split('\n').slice(0, -1)
}

test('a file that is long is turned over, between lines; the oldest goes; only its user reads it', async () => {
  const path = join(folder, 'log')
  const file = rotatingFile({ path, longest: 1000, kept: 2 })
  const log = pino(file)
  for (let number = 0; number < 100; number++) log.info({ number }, 'line')
  expect((await readdir(folder)).sort()).toEqual(['log', 'log.1', 'log.2'])
  const lines = [...(await linesOf('log.2')), ...(await linesOf('log.1')), ...(await linesOf('log'))]
  const numbers = lines.map((line) => JSON.parse(line).number)
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => 100 - numbers.length + index))
  for (const name of ['log.1', 'log.2']) {
    const { size, mode } = await stat(join(folder, name))
    expect(size).toBeGreaterThanOrEqual(1000)
    expect(size).toBeLessThan(1200)
    expect(mode & 0o777).toBe(0o600)
  }
  file.end()
})

test('what was there before stays, and counts', async () => {
  const path = join(folder, 'log')
  await writeFile(path, `${'a'.repeat(899)}\n`)
  const file = rotatingFile({ path, longest: 1000, kept: 1 })
  file.write(`${'b'.repeat(150)}\n`)
  file.write('c\n')
  expect((await linesOf('log.1')).map((line) => line[0])).toEqual(['a', 'b'])
  expect(await linesOf('log')).toEqual(['c'])
  file.end()
})

test('a file that cannot be written is an error at once', () => {
  expect(() => rotatingFile({ path: join(folder, 'none', 'log'), longest: 1000, kept: 1 })).toThrow('ENOENT')
})
