import { pino } from 'pino'
import { expect, test } from 'vitest'
import { boundedLine } from './log-line.js'

function logged(write: (log: pino.Logger) => void): string[] {
  const lines: string[] = []
  const log = pino(
    { hooks: { streamWrite: boundedLine } },
    { write: (line: string) => void lines.push(line) },
  )
  write(log)
  return lines
}

test('a line of usual length stays as it is', () => {
  const [line = ''] = logged((log) => log.info({ text: 'a'.repeat(10_000) }, 'said'))
  expect(JSON.parse(line)).toMatchObject({ text: 'a'.repeat(10_000), msg: 'said' })
})

test('whatever is long in a line is cut, and how long it was is told', () => {
  const error = Object.assign(new Error('x'.repeat(1_000_000)), { detail: 'y'.repeat(64 << 20) })
  const [line = ''] = logged((log) => log.error({ err: error, list: Array(1_000_000).fill(1) }, 'failed'))
  expect(line.length).toBeLessThan(32_768)
  expect(line.endsWith('}\n')).toBe(true)
  const { err, list, msg, level } = JSON.parse(line)
  expect({ msg, level }).toEqual({ msg: 'failed', level: 50 })
  expect(err.message).toBe(`${'x'.repeat(2_000)}… (1000000 characters)`)
  expect(err.detail).toMatch(/^y{2000}… \(67108864 characters\)$/)
  expect(list).toHaveLength(100)
})

test('a line of many long texts keeps its message', () => {
  const many = Object.fromEntries(
    Array.from({ length: 200 }, (_, number) => [`text${number}`, 'z'.repeat(3_000)]),
  )
  const [line = ''] = logged((log) => log.warn(many, `\u2028${'said '.repeat(10_000)}`))
  expect(line.length).toBeLessThan(32_768)
  expect(JSON.parse(line)).toMatchObject({
    level: 40,
    isCut: true,
    msg: expect.stringMatching(/^\u2028said said/),
  })
})
