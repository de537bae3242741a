/** The commands on a PostgreSQL of the user's: what an administrator sets up, all commands on it, and the removal. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import {
  type DebianServer,
  debianPrograms,
  startTemporaryServer,
} from '@millrace/sql-engine/testing/debian-postgres'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from '../testing/millrace-process.js'

const hasServer = (await debianPrograms()) !== undefined
if (!hasServer && process.env.CI === 'true') {
  throw new Error("Debian's package postgresql is not installed; tests with CI=true need it")
}

let server: DebianServer
let sandbox: Sandbox
let home = ''
let environment: Readonly<Record<string, string>>
let admin: pg.Client

const millrace = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  new MillraceProcess(args, { ...environment, ...more }).ended

beforeAll(async () => {
  if (!hasServer) return
  await buildCommand()
  home = await mkdtemp(join(tmpdir(), 'millrace-engine-'))
  ;[server, sandbox] = await Promise.all([startTemporaryServer(), startSandbox()])
  const first = await server.admin()
  await first.query('create database app')
  await first.end()
  admin = await server.admin('app')
  const url = (role: string) => `postgres://${role}:pass@127.0.0.1:${server.port}/app`
  environment = {
    ...sandbox.environment,
    MILLRACE_HOME: home,
    MILLRACE_PORT: '0',
    MILLRACE_ENGINE_URL: url('app_engine'),
    MILLRACE_ENGINE_CLIENT_URL: url('app_client'),
    MILLRACE_ENGINE_READER_URL: url('app_reader'),
  }
}, 120_000)
afterAll(async () => {
  await admin?.end()
  await Promise.all([server?.stop(), sandbox?.stop()])
  if (hasServer) await rm(home, { recursive: true, force: true })
})

/** The line before what Millrace does by itself. */
const secondPart = /^-- 2\. .*$/m

/** These follow one another, as they do for an administrator. */
describe.runIf(hasServer)('a PostgreSQL of one’s own', () => {
  it('is not there for these commands where no setting names one', async () => {
    for (const args of [
      ['engine', 'setup', '--print-sql'],
      ['engine', 'remove', '--yes'],
    ]) {
      const { code, stderr } = await new MillraceProcess(args, { MILLRACE_HOME: home }).ended
      expect([code, stderr]).toEqual([2, expect.stringContaining('MILLRACE_ENGINE_URL')])
    }
  })

  it('without roles, is a problem that the doctor tells', async () => {
    const { code, stdout } = await millrace(['doctor'])
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /^PROBLEM {2}PostgreSQL {2}PostgreSQL at 127\.0\.0\.1:\d+ has refused the role "app_engine"/m,
    )
    expect(stdout).not.toContain('pass@')
  })

  it('is set up by the statements that setup prints', async () => {
    const { code, stdout, stderr } = await millrace(['engine', 'setup', '--print-sql'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [forAdministrators = ''] = stdout.split(secondPart)
    await admin.query(forAdministrators)
    for (const role of ['app_engine', 'app_client', 'app_reader']) {
      await admin.query(`alter role ${role} password 'pass'`)
    }
    // What Millrace does by itself works, too, and as often as one likes.
    const again = await millrace(['engine', 'setup', '--print-sql'])
    await admin.query(`begin; set role app_engine; ${again.stdout.split(secondPart)[1]}; rollback`)
    expect(stdout).not.toContain(':pass')
  })

  it('then is well, to the doctor', async () => {
    const { code, stdout } = await millrace(['doctor'])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^ok {7}PostgreSQL {2}your own: PostgreSQL 1\d\.\d+, database "app", role "app_engine"$/m,
    )
    expect(stdout).not.toMatch(/warning {2}PostgreSQL/)
  })

  it('answers a query, and shows no secret', async () => {
    const { code, stdout, stderr } = await millrace([
      'query',
      "select name, region from aws_cloudtrail_trail; select current_user; select name, value from millrace.setting where name ~ '^engine'",
      '--output',
      'csv',
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('cloudtrail-for-devto,us-east-1')
    expect(stdout).toContain('app_client')
    expect(stdout).toContain('engine.url,********')
    expect(stdout).not.toContain('pass')
  })

  it('runs the demo', async () => {
    const demo = new MillraceProcess(['demo'], { ...environment, MILLRACE_HOME: join(home, 'demo') })
    expect(await demo.url()).toMatch(/\/app$/)
    demo.signal('SIGINT')
    const { stdout, stderr } = await demo.ended
    expect(stderr).toBe('')
    expect(stdout).toContain('107.170.20.63     | deploy-ci | ci-runner')
  })

  it('limits statements as the settings say, but for what takes a superuser, and has no users of theirs', async () => {
    const asked = async (settings: unknown) => {
      await writeFile(join(home, 'config.json'), JSON.stringify(settings))
      const show = `select concat_ws(' ', current_setting('statement_timeout'), current_setting('work_mem'))`
      const { code, stdout, stderr } = await millrace(['query', show, '--output', 'line'])
      return `${code} ${stdout} ${stderr}`
    }
    expect(await asked({ limits: { statement_timeout: 90, work_mem_mb: 8 } })).toMatch(/^0 .*90s 8MB/s)
    expect(await asked({ limits: { max_temp_file_mb: 8 } })).toMatch(/^2 .*a superuser sets it/s)
    expect(await asked({ users: { alice: { certificate: { cn: 'alice' } } } })).toMatch(
      /^3 .*the configuration has users/s,
    )
    await rm(join(home, 'config.json'))
  }, 60_000)

  it('serves models, which only read', async () => {
    const client = new Client({ name: 'test', version: '1' })
    const { PATH = '', HOME = '' } = process.env
    const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [program, 'mcp'],
        env: { PATH, HOME, ...environment },
        stderr: 'ignore',
      }),
    )
    const ask = async (sql: string) =>
      JSON.stringify((await client.callTool({ name: 'run_statement', arguments: { sql } })).content)
    expect(await ask('select name, current_user from aws_cloudtrail_trail')).toMatch(
      /cloudtrail-for-devto.*app_reader/,
    )
    expect(await ask('create table mine (a int)')).toMatch(/read-only transaction/)
    await client.close()
  })

  it('serves in the background, and is removed afterwards, not before', async () => {
    expect((await millrace(['service', 'start'])).code).toBe(0)
    const removing = await millrace(['engine', 'remove', '--yes'])
    expect([removing.code, removing.stderr]).toEqual([
      expect.any(Number),
      expect.stringContaining('is in use by another Millrace'),
    ])
    expect(removing.code).not.toBe(0)
    expect((await millrace(['query', 'select 1'])).code).toBe(0)
    expect((await millrace(['service', 'stop'])).code).toBe(0)
    const unasked = await millrace(['engine', 'remove'])
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('--yes says so')])
    const removed = await millrace(['engine', 'remove', '--yes'])
    expect({ code: removed.code, stderr: removed.stderr }).toEqual({ code: 0, stderr: '' })
    const { rows } = await admin.query(
      "select nspname as name from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'",
    )
    expect(rows).toEqual([{ name: 'public' }])
    expect((await millrace(['engine', 'remove', '--yes'])).stdout).toBe(
      'There is nothing of Millrace\'s in the database "app".\n',
    )
  }, 120_000)
})
