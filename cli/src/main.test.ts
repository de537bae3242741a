import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from './testing/millrace-process.js'
import { processesWith } from './testing/running-processes.js'

/** All tests use one home, one after the other, as one user would. */
let home = ''
const started: MillraceProcess[] = []

beforeAll(async () => {
  await buildCommand()
  home = await mkdtemp(join(tmpdir(), 'millrace-command-'))
}, 120_000)
afterEach(async () => {
  await Promise.all(started.splice(0).map((millrace) => millrace.end('SIGKILL')))
})
afterAll(async () => {
  await endEngine()
  await rm(home, { recursive: true, force: true })
})

function start(
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): MillraceProcess {
  const millrace = new MillraceProcess(args, { MILLRACE_HOME: home, MILLRACE_PORT: '0', ...environment })
  started.push(millrace)
  return millrace
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

const enginePid = async () =>
  Number((await readFile(join(home, 'data/postmaster.pid'), 'utf8')).split('\n')[0])

/** A command that was killed leaves its engine to the next start; the last one leaves it to us. */
async function endEngine(): Promise<void> {
  const millrace = start()
  await millrace.url()
  await millrace.end('SIGTERM')
}

const onlyUrl = /^postgres:\/\/millrace:[\w-]{32}@127\.0\.0\.1:\d+\/millrace\n$/

describe('millrace', () => {
  it('tells what it can do, and its version', async () => {
    expect(await start(['--help']).ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Usage: millrace/),
      stderr: '',
    })
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
    expect(await start(['--version']).ended).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it.each([
    [['fly'], {}, 'millrace: there is no command "fly"; see millrace --help\n'],
    [[], { MILLRACE_PORT: 'x' }, 'millrace: MILLRACE_PORT is "x": expected a number from 0 to 65535\n'],
    [[], { MILLRACE_LOG: 'x' }, /^millrace: MILLRACE_LOG is "x": .*\n$/],
  ])('refuses %j with %j in one line', async (args, environment, line) => {
    expect(await start(args, environment).ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(line),
    })
  })
})

describe('millrace serve', () => {
  it('prints the URL alone, serves, and leaves no process behind', async () => {
    const millrace = start()
    const url = await millrace.url()
    expect(await query(url, 'select 1')).toEqual([[1]])
    const [[name]] = (await query(url, 'show cluster_name')) as [[string]]
    expect(await processesWith(name)).not.toEqual([])
    expect(await millrace.end('SIGTERM')).toEqual({
      code: 0,
      signal: null,
      stdout: expect.stringMatching(onlyUrl),
      stderr: '',
    })
    expect(await processesWith(name)).toEqual([])
    expect((await stat(join(home, 'password'))).mode & 0o777).toBe(0o600)
  })

  it('has the same password and data when it is started again', async () => {
    const first = start(['serve'])
    const url = new URL(await first.url())
    await query(url.href, 'create table kept as select 42 as answer')
    expect((await first.end('SIGINT')).code).toBe(0)
    const second = start(['serve'])
    const again = new URL(await second.url())
    expect(again.password).toBe(url.password)
    expect(await query(again.href, 'select * from kept')).toEqual([[42]])
  })

  it('starts again after it was killed', async () => {
    const killed = start()
    await query(await killed.url(), 'create table survives as select 1 as one')
    const left = await enginePid()
    expect((await killed.end('SIGKILL')).signal).toBe('SIGKILL')
    const millrace = start()
    expect(await query(await millrace.url(), 'select * from survives')).toEqual([[1]])
    expect(await enginePid()).not.toBe(left)
    expect((await millrace.end('SIGTERM')).code).toBe(0)
  })

  it('tells its clients when the engine dies, and serves again', async () => {
    const millrace = start([], { MILLRACE_LOG: 'silent' })
    const url = await millrace.url()
    const client = new pg.Client(url)
    const told = new Promise<Error>((resolve) => client.on('error', resolve))
    await client.connect()
    process.kill(await enginePid(), 'SIGKILL')
    // By the backend itself, which sees its postmaster die, or by us: whoever comes first.
    expect(await told).toMatchObject({ code: expect.stringMatching(/^(?:57P01|08006)$/) })
    await client.end()
    expect(await query(url, 'select 1')).toEqual([[1]])
    expect((await millrace.end('SIGTERM')).code).toBe(0)
  })

  it('refuses a home that is in use', async () => {
    const millrace = start()
    await millrace.url()
    expect(await start().ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^millrace: the folder .* is in use by another Millrace \(process \d+\)\. .*MILLRACE_HOME.*\n$/,
      ),
    })
  })

  it('refuses a port that is in use, and leaves no process behind', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    try {
      const address = other.address()
      const port = typeof address === 'object' ? String(address?.port) : ''
      expect(await start([], { MILLRACE_PORT: port }).ended).toEqual({
        code: 1,
        signal: null,
        stdout: '',
        stderr: `millrace: port ${port} of 127.0.0.1 is in use; choose another with --port or MILLRACE_PORT\n`,
      })
      expect(await processesWith(join(home, 'data'))).toEqual([])
    } finally {
      await new Promise((resolve) => other.close(resolve))
    }
  })
})

describe('millrace serve with a configuration', () => {
  const configure = (content: unknown) => writeFile(join(home, 'config.json'), JSON.stringify(content))
  afterEach(() => rm(join(home, 'config.json')))

  it('serves the tables of a plugin that is installed in the home', async () => {
    const folder = join(home, 'node_modules/@acme/millrace-plugin')
    await mkdir(folder, { recursive: true })
    await writeFile(
      join(folder, 'package.json'),
      '{ "name": "@acme/millrace-plugin", "type": "module", "exports": "./plugin.js" }',
    )
    await writeFile(
      join(folder, 'plugin.js'),
      `export default {
         name: 'acme', description: 'Acme',
         config: { safeParse: (data) => ({ success: true, data }) },
         connect: (config, { environment }) => ({ ...config, suffix: environment.ACME_SUFFIX }),
         tables: [{
           name: 'acme_user', description: 'Users', examples: [],
           columns: { id: { type: 'text', description: 'Id' }, name: { type: 'text', description: 'Name' } },
           keys: { id: { operators: ['='], require: 'required', valuesPerCall: 1 } },
           async *list({ quals, connection }) {
             const [id] = quals.id[0].values
             yield [{ id, name: connection.greeting + id + connection.suffix }]
           },
         }],
       }`,
    )
    await configure({ connections: { staff: { plugin: '@acme/millrace-plugin', greeting: 'I am ' } } })
    const millrace = start([], { ACME_SUFFIX: '!' })
    const url = await millrace.url()
    expect(await query(url, "select name from staff.acme_user where id in ('a', 'b') order by 1")).toEqual([
      ['I am a!'],
      ['I am b!'],
    ])
    expect((await millrace.end('SIGTERM')).stderr).toBe('')
  })

  it('serves although a connection cannot be opened, which says so', async () => {
    await configure({
      connections: {
        aws: { plugin: 'aws', regions: 'all' },
        ipstack: { plugin: 'ipstack' },
        x: { plugin: 'no-such-plugin' },
      },
    })
    const millrace = start()
    const url = await millrace.url()
    expect(
      await query(url, 'select name, state, split_part(error, $$:$$, 1) from millrace.connection'),
    ).toEqual([
      ['aws', 'error', 'connection "aws" has settings that the plugin aws does not take'],
      ['ipstack', 'ready', null],
      ['x', 'error', 'there is no plugin "no-such-plugin"'],
    ])
    await expect(query(url, 'select * from aws.aws_cloudtrail_trail')).rejects.toThrow(
      /^connection "aws" has/,
    )
    expect(await query(url, 'select count(*) from millrace."table" where connection = $$ipstack$$')).toEqual([
      ['2'],
    ])
    await millrace.end('SIGTERM')
  })

  it.each<[unknown, RegExp]>([
    [
      { connections: { public: { plugin: 'aws' } } },
      /^millrace: "public" cannot be the name of a connection\. /,
    ],
    [
      { tls: { certificate: 'none.pem', key: 'none.pem' } },
      /^millrace: .*none\.pem.* cannot be read: ENOENT/,
    ],
    [
      { tls: { certificate: 'password', key: 'password' } },
      /^millrace: .*password, which tls .* is not a PEM file of a certificate\n/,
    ],
  ])('refuses %j in one line, and leaves no process behind', async (content, line) => {
    await configure(content)
    const { code, stdout, stderr } = await start().ended
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(line)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(await processesWith(join(home, 'data'))).toEqual([])
  })
})

describe('millrace demo', () => {
  it("runs the article's queries, prints the URL alone, and serves what they ran over", async () => {
    const misleading = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_PROFILE: 'none', IPSTACK_TOKEN: 'none' }
    const millrace = start(['demo'], misleading)
    const url = await millrace.url()
    const results = [...millrace.stdout.matchAll(/^ .*\|.*\n-[-+]+\n(?: .*\n)+\(\d+ rows?\)/gm)].map(String)
    expect(results).toHaveLength(5)
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
    // Line by line: without ORDER BY, rows come in any order.
    for (const line of results.join('\n').trim().split('\n')) expect(readme).toContain(line)
    expect(results[0]).toContain(' cloudtrail-for-devto | us-east-1 ')
    expect(results[1]).toContain(' 107.170.20.63  | North America  | United States | New York ')
    expect(results[2]).toContain(' 107.170.20.63     | ["host-107-170-20-63.example.net."] ')
    expect(results[3]).toContain(' 107.170.20.63     | deploy-ci | ci-runner | UnauthorizedAccess:')
    expect(results[4]).toContain(
      ' cloudtrail-for-devto | 107.170.20.63     | Manhattan | United States |     1',
    )
    expect(millrace.stdout).toMatch(/^ source_ip_address\n-+\n(?: [\d.]+\n){6}\(6 rows\)$/m)
    const join = await readFile(new URL('../../examples/article/3-geolocate.sql', import.meta.url), 'utf8')
    expect(await query(url, join)).toHaveLength(6)
    const { code, stdout, stderr } = await millrace.end('SIGINT')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/\n\npostgres:\/\/\S+\n$/)
  })
})
