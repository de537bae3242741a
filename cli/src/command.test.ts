import { describe, expect, it } from 'vitest'
import { parseCommand, usage } from './command.js'

describe('the command line', () => {
  it('serves when nothing else is said', () => {
    expect(parseCommand([])).toBe('serve')
    expect(parseCommand(['serve'])).toBe('serve')
    expect(parseCommand(['demo'])).toBe('demo')
  })

  it.each(['--help', '-h'])('shows help for %s, wherever it stands', (option) => {
    expect(parseCommand([option])).toBe('help')
    expect(parseCommand(['demo', option])).toBe('help')
  })

  it.each(['--version', '-V'])('shows the version for %s', (option) => {
    expect(parseCommand([option])).toBe('version')
  })

  it.each([
    [['query'], 'there is no command "query"'],
    [['serve', 'now'], 'serve takes no argument "now"'],
    [['--port', '1'], "unknown option '--port'"],
    [['--help=1'], "option '-h, --help' does not take an argument"],
    [['-x'], "unknown option '-x'"],
  ])('refuses %j with exit code 2', (args, message) => {
    expect(() => parseCommand(args)).toThrow(
      expect.objectContaining({ message: `${message}; see millrace --help`, exitCode: 2 }),
    )
  })

  it('is explained in text that fits a terminal', () => {
    for (const line of usage.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })
})
