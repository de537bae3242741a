import { describe, expect, test } from 'vitest'
import { PluginLog, type PluginLogLine, readLogLine } from './plugin-log.js'

describe("a plugin's log", () => {
  test.each([
    ['2024-05-01 12:00:00.000 UTC [WARN]  m1: a text', { level: 'warn', text: 'm1: a text' }],
    ['[ERROR] a text', { level: 'error', text: 'a text' }],
    ['[TRACE] a text', { level: 'debug', text: 'a text' }],
    ['{"@level":"debug","@message":"a text"}', { level: 'debug', text: 'a text' }],
    ['{"not": "a line"}', { level: 'warn', text: '{"not": "a line"}' }],
    ['goroutine 7 [running]:', { level: 'warn', text: 'goroutine 7 [running]:' }],
  ])('%s', (line, expected) => {
    expect(readLogLine(line)).toEqual(expected)
  })

  test('comes in whatever pieces; its last words are remembered', () => {
    const lines: PluginLogLine[] = []
    const log = new PluginLog((line) => lines.push(line))
    log.take('[WARN] on')
    log.take('e\n\n[WARN] two\0\n[WA')
    expect(lines.map(({ text }) => text)).toEqual(['one', 'two '])
    expect(log.lastWords).toEqual(['[WARN] one', '[WARN] two ', '[WA'])
  })

  test('tells of the error of a call, once', () => {
    const log = new PluginLog(() => {})
    log.take('[WARN]  m7: QueryData StreamError it failed\\nbadly (acme-m7)\n')
    expect(log.takeError('acme', 'm8')).toBeUndefined()
    expect(log.takeError('acme', 'm7')).toBe('it failed\nbadly')
    expect(log.takeError('acme', 'm7')).toBeUndefined()
  })
})
