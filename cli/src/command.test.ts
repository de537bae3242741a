import { describe, expect, it } from 'vitest'
import { type Command, parseCommand } from './command.js'

function helpOf(args: readonly string[]): string {
  const command = parseCommand(args)
  if (command.name !== 'help') throw new Error(`${args} is not for help`)
  return command.text
}

function queryOf(...args: readonly string[]): Extract<Command, { name: 'query' }>['options'] {
  const command = parseCommand(['query', ...args])
  if (command.name !== 'query') throw new Error(`${args} is no query`)
  return command.options
}

describe('the command line', () => {
  it('serves when nothing else is said', () => {
    const listening = {}
    expect(parseCommand([])).toEqual({ name: 'serve', listening })
    expect(parseCommand(['serve'])).toEqual({ name: 'serve', listening })
    expect(parseCommand(['service', 'start', '--foreground'])).toEqual({ name: 'serve', listening })
    expect(parseCommand(['service', 'start'])).toEqual({ name: 'service start', listening })
    expect(parseCommand(['service', 'restart', '--port', '0', '--listen', 'network'])).toEqual({
      name: 'service restart',
      listening: { port: 0, listen: 'network' },
    })
    expect(parseCommand(['service', 'stop'])).toEqual({ name: 'service stop', timeout: undefined })
    expect(parseCommand(['service', 'stop', '--force'])).toEqual({ name: 'service stop', timeout: 0 })
    expect(parseCommand(['service', 'restart', '--timeout', '2.5'])).toEqual({
      name: 'service restart',
      listening: {},
      timeout: 2.5,
    })
    expect(parseCommand(['service', 'status', '--all'])).toEqual({
      name: 'service status',
      all: true,
      showPassword: false,
    })
    expect(parseCommand(['demo'])).toEqual({ name: 'demo' })
  })

  it.each(['--help', '-h'])('shows help for %s, wherever it stands', (option) => {
    expect(helpOf([option])).toMatch(/^Usage: millrace \[/)
    expect(helpOf(['demo', option])).toMatch(/^Usage: millrace demo/)
    expect(helpOf(['query', option])).toMatch(/^Usage: millrace query [\s\S]*\nExamples:\n/)
    expect(helpOf(['help', 'query'])).toBe(helpOf(['query', option]))
  })

  it.each(['--version', '-V'])('shows the version for %s', (option) => {
    expect(parseCommand([option])).toEqual({ name: 'version' })
  })

  it.each([
    [['qeury'], 'there is no command "qeury" (did you mean "query"?); see millrace --help'],
    [['fly'], 'there is no command "fly"; see millrace --help'],
    [['service'], 'service takes start, stop, restart or status; see millrace service --help'],
    [['service', 'fly'], 'there is no command "service fly"; see millrace service --help'],
    [['--port', '1'], "unknown option '--port'; see millrace --help"],
    [
      ['query', '--ouput', 'csv'],
      "unknown option '--ouput' (did you mean --output?); see millrace query --help",
    ],
    [['query', '--var', 'x'], '--var takes name=value, not "x"'],
  ])('refuses %j with exit code 2', (args, message) => {
    expect(() => parseCommand(args)).toThrow(expect.objectContaining({ message, exitCode: 2 }))
  })

  it.each([
    ['serve', 'now'],
    ['serve', '--port', '65536'],
    ['service', 'start', '--listen', 'all'],
    ['-x'],
    ['--help=1'],
    ['query', '--output', 'xml'],
    ['query', '--export', 'a.xls'],
    ['query', '--separator', 'ab'],
    ['query', '--separator', '"'],
    ['query', '--query-timeout', 'soon'],
    ['query', '--query-timeout', '-1'],
    ['query', '--query-timeout', '0'],
    ['query', '--search-path', 'a,,b'],
  ])('refuses %s %s %s with exit code 2, and says where to read', (...args) => {
    expect(() => parseCommand(args)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/; see millrace (?:\w+ )?--help$/),
        exitCode: 2,
      }),
    )
  })

  it('is explained in text that fits a terminal', () => {
    for (const args of [['--help'], ['query', '--help']]) {
      for (const line of helpOf(args).split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    }
  })
})

describe('the command line of a query', () => {
  it('leaves to the defaults what it does not say', () => {
    expect(queryOf('select 1')).toEqual({
      inputs: ['select 1'],
      output: undefined,
      exports: [],
      header: true,
      separator: ',',
      timing: 'off',
      pager: true,
      explain: false,
      variables: new Map(),
      database: undefined,
      searchPath: undefined,
      searchPathPrefix: [],
      timeout: undefined,
    })
  })

  it('says what else is wanted, before or behind the SQL', () => {
    const query = queryOf(
      ...[
        '--output',
        'csv',
        'select 1',
        '--separator',
        '\\t',
        '--no-header',
        '--var',
        'a=b=c',
        '--var',
        'n=',
      ],
      ...['b.sql', '--export', 'x/y.JSON', '--timing', '--explain', '--query-timeout', '1.5'],
      ...['--search-path', 'a, b', '--search-path-prefix=c', '--database', 'postgres://x', '-'],
    )
    expect(query).toEqual({
      inputs: ['select 1', 'b.sql', '-'],
      output: 'csv',
      exports: [{ path: 'x/y.JSON', format: 'json' }],
      header: false,
      separator: '\t',
      timing: 'on',
      pager: true,
      explain: true,
      variables: new Map([
        ['a', 'b=c'],
        ['n', ''],
      ]),
      database: 'postgres://x',
      searchPath: ['a', 'b'],
      searchPathPrefix: ['c'],
      timeout: 1.5,
    })
  })

  it('takes flags as Steampipe spells them', () => {
    expect(queryOf('--header=false', '--timing=on', 'x')).toMatchObject({ header: false, timing: 'on' })
    expect(queryOf('--header=true', '--timing=off', 'x')).toMatchObject({ header: true, timing: 'off' })
    expect(queryOf('--timing=verbose', '--pager=off', 'x')).toMatchObject({ timing: 'verbose', pager: false })
    expect(queryOf('--', '--header=false').inputs).toEqual(['--header=false'])
  })
})
