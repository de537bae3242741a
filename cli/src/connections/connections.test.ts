/** `millrace connection list` and `test`, over the sandbox. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from '../testing/millrace-process.js'

let home = ''
let sandbox: Sandbox

beforeAll(async () => {
  await buildCommand()
  home = await mkdtemp(join(tmpdir(), 'millrace-connections-'))
  sandbox = await startSandbox()
}, 120_000)
beforeEach(() => sandbox.calls.clear())
afterAll(async () => {
  await sandbox.stop()
  await rm(home, { recursive: true, force: true })
})

const millrace = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  new MillraceProcess(['connection', ...args], {
    MILLRACE_HOME: home,
    ...sandbox.environment,
    ...environment,
  }).ended

const configure = (connections: object) =>
  writeFile(join(home, 'config.json'), JSON.stringify({ connections }), { mode: 0o600 })

const operations = () => sandbox.calls.list().map(({ operation }) => operation)

describe('millrace connection', () => {
  it('tells whose account is asked and which regions, by a call or two, and starts no engine', async () => {
    await configure({ aws: { plugin: 'aws', regions: ['us-*'] }, ipstack: { plugin: 'ipstack' } })
    const ending = await millrace(['test'])
    expect(ending).toMatchObject({ code: 0, stderr: '' })
    const [head, account, regions, defaultRegion] = ending.stdout.split('\n')
    expect([head, account]).toEqual(['aws: works', '  account         810361751552'])
    expect(regions).toMatch(/^ {2}regions {9}us-east-1, us-/)
    expect(defaultRegion).toBe('  default region  us-east-1')
    expect(ending.stdout).toMatch(/\nipstack: works\n {2}address of this machine {2}[\d.]+ \(/)
    expect(operations().sort()).toEqual(['DescribeRegions', 'GetCallerIdentity', 'check'])
    expect(await readdir(home)).toEqual(['config.json'])
  })

  it('tells which DNS server answers, or that none does', async () => {
    await configure({
      net: { plugin: 'net', ...sandbox.netSettings },
      deaf: { plugin: 'net', dns_server: '127.0.0.1:9', timeout: 100 },
    })
    const ending = await millrace(['test'])
    expect(ending).toMatchObject({ code: 1, stderr: '' })
    expect(ending.stdout).toMatch(/^net: works\n {2}DNS server {2}127\.0\.0\.1:\d+\n/)
    expect(ending.stdout).toMatch(/\ndeaf: does not work: .*DNS server/)
  })

  it('tells the plan and what is left of quotas', async () => {
    await configure({ abuseipdb: { plugin: 'abuseipdb' }, shodan: { plugin: 'shodan' } })
    const ending = await millrace(['test'])
    expect(ending).toMatchObject({ code: 0, stderr: '' })
    expect(ending.stdout).toMatch(/^abuseipdb: works\n {2}quota +\d+ of \d+ a day are left/)
    expect(ending.stdout).toMatch(/\nshodan: works\n {2}plan +\w+\n {2}query credits left +\d+\n/)
    expect(operations().sort()).toEqual(['api-info', 'check'])
  })

  it('tells what does not work and what to do, of each; the others are told of too', async () => {
    await configure({
      aws: { plugin: 'aws' },
      wrong: { plugin: 'aws', regions: [] },
      none: { plugin: 'ipstack' },
      all: { type: 'aggregator', plugin: 'aws', connections: ['aws'] },
    })
    const ending = await millrace(['test'], { IPSTACK_TOKEN: '' })
    expect(ending).toMatchObject({ code: 1, stderr: '' })
    expect(ending.stdout).toContain('aws: works\n')
    expect(ending.stdout).toContain('wrong: does not work: connection "wrong" has settings that')
    expect(ending.stdout).toMatch(/none: does not work: .*\n[\s\S]* {2}hint: .*IPSTACK_TOKEN/)
    expect(ending.stdout).toContain('all: an aggregator of aws\n')
    expect(await millrace(['test', 'aws'])).toMatchObject({ code: 0 })
    expect(await millrace(['test', 'asw'])).toMatchObject({
      code: 2,
      stderr: 'millrace: there is no connection "asw"; did you mean "aws"?\n',
    })
  })

  it('tells that credentials are refused, and shows none of them', async () => {
    await configure({ ipstack: { plugin: 'ipstack', token: 'an-unknown-token-of-somebody' } })
    const ending = await millrace(['test'])
    expect(ending.code).toBe(1)
    expect(ending.stdout).toMatch(/^ipstack: does not work: /)
    expect(ending.stdout + ending.stderr).not.toContain('an-unknown-token')
  })

  it('lists them with what is wrong, and asks nobody', async () => {
    await configure({ aws: { plugin: 'aws' }, wrong: { plugin: 'aws', regions: [] }, odd: { plugin: 'asw' } })
    const { code, stdout } = await millrace(['list', '--output', 'csv'])
    expect(code).toBe(0)
    const [head, aws, wrong, odd] = stdout.split('\n')
    expect(head).toBe('connection,plugin,type,state,tables,error')
    expect(aws).toMatch(/^aws,aws,connection,ready,\d+,$/)
    expect(wrong).toMatch(/^wrong,aws,connection,error,\d+,.*regions/)
    expect(odd).toMatch(/^odd,asw,connection,error,0,.*did you mean ""aws""/)
    expect(operations()).toEqual([])
  })
})
