/** Secrets stay where they are used: through a process, as users start it. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from './testing/millrace-process.js'

let sandbox: Sandbox
let home = ''
let millrace: MillraceProcess
let client: pg.Client
/** What must not be found anywhere. */
let secrets: string[] = []

beforeAll(async () => {
  await buildCommand()
  sandbox = await startSandbox()
  home = await mkdtemp(join(tmpdir(), 'millrace-secrets-'))
  await chmod(home, 0o755)
  await mkdir(join(home, 'config'))
  const { IPSTACK_TOKEN: token = '', IPSTACK_ENDPOINT: endpoint = '', ...others } = sandbox.environment
  const config = {
    connections: {
      places: {
        plugin: 'ipstack',
        token: { command: [process.execPath, '-e', 'console.log(process.env.OF_THE_COMMAND)'] },
        endpoint_url: endpoint,
      },
      aws: { plugin: 'aws', access_key: { env: 'MY_KEY' }, secret_key: { file: 'aws.txt' } },
      broken: { plugin: 'ipstack', token: { command: ['/no/such/program'] } },
    },
  }
  await writeFile(join(home, 'config', 'some.json'), JSON.stringify(config), { mode: 0o600 })
  await writeFile(join(home, 'aws.txt'), others.AWS_SECRET_ACCESS_KEY ?? '', { mode: 0o600 })
  const { AWS_ACCESS_KEY_ID: key = '', AWS_SECRET_ACCESS_KEY: secret = '', ...rest } = others
  secrets = [token, secret]
  millrace = new MillraceProcess([], {
    ...rest,
    OF_THE_COMMAND: token,
    MY_KEY: key,
    MILLRACE_HOME: home,
    MILLRACE_PORT: '0',
    MILLRACE_LOG: 'trace',
    MILLRACE_LOG_STATEMENTS: 'true',
  })
  client = new pg.Client({ connectionString: await millrace.url() })
  await client.connect()
}, 120_000)
afterAll(async () => {
  await client?.end()
  const ending = await millrace?.end('SIGTERM')
  expectNone(ending?.stderr ?? '')
  await sandbox?.stop()
  await rm(home, { recursive: true, force: true })
})

function expectNone(text: string): void {
  expect(secrets.every((secret) => secret.length > 10)).toBe(true)
  for (const secret of secrets) expect(text.includes(secret)).toBe(false)
}

const question = `select city from places.ipstack_ip where ip = '8.8.8.8'`

it('they work, wherever they come from', async () => {
  expect((await client.query(question)).rowCount).toBe(1)
  expect((await client.query('select name from aws.aws_cloudtrail_trail')).rowCount).toBe(1)
})

it('a connection whose secret cannot be read says so, and keeps no other from serving', async () => {
  await expect(client.query(`select city from broken.ipstack_ip where ip = '8.8.8.8'`)).rejects.toThrow(
    'connection "broken": token: /no/such/program cannot be run: ENOENT',
  )
})

it('they are in no answer, system table, EXPLAIN or error', async () => {
  for (const statement of [
    `explain (analyze, verbose) ${question}`,
    'select * from millrace.scan',
    'select * from millrace.connection',
    'select * from millrace.setting',
    'select * from pg_foreign_server',
    'select * from pg_user_mappings',
    'select * from pg_settings',
  ]) {
    expectNone(JSON.stringify((await client.query(statement)).rows))
  }
})

it('they are in no file of PostgreSQL’s', async () => {
  await client.query('select 1')
  const password = (await readFile(join(home, 'password'), 'utf8')).trim()
  secrets.push(password)
  const data = join(home, 'data')
  for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const bytes = await readFile(join(entry.parentPath, entry.name)).catch(() => Buffer.alloc(0))
    for (const secret of secrets) expect(bytes.includes(secret)).toBe(false)
  }
})

it('they are not in the environment of PostgreSQL’s processes', async () => {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')
    const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '')
    const isOurs =
      command.includes(join(home, 'data')) || found.includes(/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? '')
    if (!isOurs) continue
    found.push(pid)
    expectNone(await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => ''))
  }
  // The postmaster and some of its children.
  expect(found.length).toBeGreaterThan(3)
})
