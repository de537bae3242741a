/** `millrace connection add`: through pipes, and on a terminal. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { buildCommand, MillraceProcess } from '../testing/millrace-process.js'
import { hasPython, Terminal } from '../testing/terminal.js'

let home = ''
let sandbox: Sandbox

beforeAll(async () => {
  await buildCommand()
  sandbox = await startSandbox()
}, 120_000)
afterAll(() => sandbox.stop())
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-add-'))
  return () => rm(home, { recursive: true, force: true })
})

const file = () => join(home, 'config', 'connections.yaml')
const written = async () => parse(await readFile(file(), 'utf8'))
const isThere = () =>
  stat(file()).then(
    () => true,
    () => false,
  )

const add = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  new MillraceProcess(['connection', 'add', ...args], {
    MILLRACE_HOME: home,
    ...sandbox.environment,
    ...environment,
  }).ended

describe('millrace connection add', () => {
  it('writes a connection and tries it; those that are there by default stay', async () => {
    const ending = await add(['audit', '--plugin', 'aws', '--set', 'regions=us-east-1,eu-*'])
    expect(ending).toMatchObject({ code: 0, stderr: '' })
    expect(ending.stdout).toContain(`connection "audit" is written to ${file()}\n`)
    expect(ending.stdout).toContain('audit: works\n')
    expect((await written()).connections).toMatchObject({
      audit: { plugin: 'aws', regions: ['us-east-1', 'eu-*'] },
      aws: { plugin: 'aws' },
      ipstack: { plugin: 'ipstack' },
    })
    expect((await stat(file())).mode & 0o777).toBe(0o600)
  })

  it('takes a secret from a variable only, and shows it nowhere', async () => {
    const secret = 'a-secret-token-of-somebody'
    const shown = await add(['--plugin', 'ipstack', '--set', `token=${secret}`])
    expect(shown).toMatchObject({ code: 2, stderr: expect.stringContaining('--set-from token=VARIABLE') })
    expect(shown.stderr).not.toContain(secret)
    expect(await isThere()).toBe(false)
    const tried = await add(['--plugin', 'ipstack', '--set-from', 'token=MINE'], { MINE: secret })
    // The stand-in does not know it.
    expect(tried).toMatchObject({ code: 1, stdout: expect.stringContaining('ipstack: does not work:') })
    expect(tried.stdout + tried.stderr).not.toContain(secret)
    expect((await written()).connections.ipstack).toEqual({ plugin: 'ipstack', token: secret })
    expect(await add(['--plugin', 'aws', '--set-from', 'access_key=UNSET'])).toMatchObject({ code: 2 })
  })

  it('keeps the rest of the file, and writes nothing where something is wrong', async () => {
    await mkdir(join(home, 'config'))
    const before = '# of the platform team\nconnections:\n  one: { plugin: net } # for DNS\n'
    await writeFile(file(), before, { mode: 0o600 })
    const refused = [
      [['one', '--plugin', 'net'], 'there is a connection "one" already: '],
      [['two', '--plugin', 'nett'], 'there is no plugin "nett"; did you mean "net"?'],
      [['two'], '--plugin must name the plugin'],
      [
        ['two', '--plugin', 'net', '--set', 'timot=1'],
        'there is no setting "timot"; did you mean "timeout"?',
      ],
      [
        ['two', '--plugin', 'net', '--set', 'timeout=70000'],
        'timeout: Too big: expected number to be <=60000',
      ],
      [['two', '--plugin', 'net', '--set', 'timeout'], '--set takes setting=value'],
      [['two', '--plugin', 'net', '--set', 'plugin=aws'], 'there is no setting "plugin"'],
      [['two', '--plugin', 'aws', '--set-from', 'access_key=HOME'], 'access_key and secret_key go together'],
      [['pg_two', '--plugin', 'net'], '"pg_two" cannot be the name of a connection'],
    ] as const
    for (const [args, fault] of refused) {
      expect(await add(args)).toMatchObject({ code: 2, stderr: expect.stringContaining(fault) })
    }
    expect(await readFile(file(), 'utf8')).toBe(before)
    const settings = ['--set', 'timeout=500', '--set', 'cache_ttl=0', '--set', 'allow_private_addresses=true']
    expect(await add(['two', '--plugin', 'net', ...settings, '--no-test'])).toMatchObject({ code: 0 })
    const after = await readFile(file(), 'utf8')
    expect(after).toContain('# of the platform team\n')
    expect(after).toContain('one: { plugin: net } # for DNS\n')
    expect(parse(after).connections.two).toEqual({
      plugin: 'net',
      timeout: 500,
      cache_ttl: 0,
      allow_private_addresses: true,
    })
  })

  it('makes a home that PostgreSQL can use, under whatever account', async () => {
    const fresh = join(home, 'fresh')
    const ending = await add(['one', '--plugin', 'net', '--no-test'], { MILLRACE_HOME: fresh })
    expect(ending).toMatchObject({ code: 0, stderr: '' })
    expect((await stat(fresh)).mode & 0o777).toBe(0o711)
    expect((await stat(join(fresh, 'config'))).mode & 0o777).toBe(0o700)
  })

  it('does not touch a file that it cannot read', async () => {
    await mkdir(join(home, 'config'))
    await writeFile(file(), 'connections: { one: ', { mode: 0o600 })
    expect(await add(['two', '--plugin', 'net'])).toMatchObject({ code: expect.any(Number) })
    expect(await readFile(file(), 'utf8')).toBe('connections: { one: ')
  })
})

const down = '\u001b[B'
const enter = '\r'
const controlC = '\u0003'

describe.runIf(hasPython())('millrace connection add on a terminal', () => {
  it('asks for plugin, name and settings, says what is wrong with one, and hides secrets', async () => {
    const terminal = new Terminal(['connection', 'add'], { MILLRACE_HOME: home, ...sandbox.environment })
    try {
      await terminal.shows('Which plugin?')
      await terminal.shows('shodan')
      terminal.type(down + enter)
      await terminal.shows('Its name')
      terminal.type(`_eu${enter}`)
      await terminal.shows('Which settings')
      await terminal.shows('endpoint_url')
      // The token and https.
      terminal.type(` ${down} ${enter}`)
      await terminal.shows('token: The access key')
      terminal.type(`hidden-token${enter}`)
      await terminal.shows('https: ')
      terminal.type(`perhaps${enter}`)
      await terminal.shows('expected boolean')
      terminal.type(`${'\u007f'.repeat(7)}false${enter}`)
      const rest = await terminal.shows('ipstack_eu: ')
      expect(rest).not.toContain('hidden-token')
      expect(await terminal.ended).toBe(1)
      expect((await written()).connections.ipstack_eu).toEqual({
        plugin: 'ipstack',
        token: 'hidden-token',
        https: false,
      })
    } finally {
      terminal.kill()
    }
  })

  it('writes nothing when somebody leaves', async () => {
    const terminal = new Terminal(['connection', 'add'], { MILLRACE_HOME: home })
    try {
      await terminal.shows('Which plugin?')
      terminal.type(controlC)
      await terminal.shows('nothing was written')
      expect(await terminal.ended).toBe(130)
      expect(await isThere()).toBe(false)
    } finally {
      terminal.kill()
    }
  })
})
