/** Processes of plugins come and go with their connections; tables follow what a plugin says. */
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { steampipePlugin } from '@millrace/plugin-steampipe/steampipe-plugin'
import { Engine } from '@millrace/sql-engine/engine'
import { isAlive } from '@millrace/sql-engine/postgres/process-life'
import { ClientSession } from '@millrace/sql-engine/testing/client-session'
import { startTestPostgres, type TestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bridgePlugin, bridgePluginAs, buildTimeout, hasGo } from '../testing/bridge-plugin.js'

let postgres: TestPostgres
let folder = ''
beforeAll(async () => {
  if (!hasGo()) return
  await bridgePlugin()
  postgres = await startTestPostgres()
}, buildTimeout)
afterAll(() => postgres?.stop())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-lifetime-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function start(path: string, settings: object = {}, memoryMb?: number) {
  const plugin = steampipePlugin({ name: 'bridge', path, memoryMb })
  const connection = (name: string) => ({ name, plugin, settings })
  const engine = await Engine.start({
    postgres,
    connections: [connection('one')],
    environment: { PATH: String(process.env.PATH) },
    log: pino({ level: 'silent' }),
  })
  const session = await ClientSession.open({ ...postgres.engineConfig, user: 'millrace' }, engine)
  return {
    engine,
    session,
    connection,
    stop: async () => {
      await session.close()
      await engine.stop()
    },
  }
}

async function ended(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve))
}

describe.runIf(hasGo())('a process', () => {
  test('ends with the engine, and leaves no socket', async () => {
    const { session, stop } = await start(await bridgePlugin())
    const [row] = await session.query('select pid from one.bridge_setting')
    const pid = Number(row?.pid)
    expect(isAlive(pid)).toBe(true)
    await stop()
    await ended(pid)
    const left = (await readdir(tmpdir())).filter((name) => name.startsWith('millrace-plugin-'))
    const records = await Promise.all(left.map((name) => readdir(join(tmpdir(), name)).catch(() => [])))
    expect(records.flat().filter((name) => name.startsWith(`plugin${pid}`))).toEqual([])
  })

  test('of a host that was killed is ended by the next one', async () => {
    const orphan = spawn('sleep', ['600'], { stdio: 'ignore' })
    const host = spawn('true')
    await new Promise((resolve) => host.once('exit', resolve))
    const record = await mkdtemp(join(tmpdir(), 'millrace-plugin-'))
    await writeFile(
      join(record, 'process.json'),
      JSON.stringify({ host: host.pid, pid: orphan.pid, path: 'sleep' }),
    )
    const isEnded = new Promise((resolve) => orphan.once('exit', (_, signal) => resolve(signal)))
    const { stop } = await start(await bridgePlugin())
    expect(await isEnded).toBe('SIGKILL')
    expect(await readdir(tmpdir())).not.toContain(record.split('/').at(-1))
    await stop()
  })

  test('that has another number by now is left alone', async () => {
    const other = spawn('sleep', ['600'], { stdio: 'ignore' })
    const record = await mkdtemp(join(tmpdir(), 'millrace-plugin-'))
    await writeFile(
      join(record, 'process.json'),
      JSON.stringify({ host: 2 ** 22 + 1, pid: other.pid, path: '/opt/some.plugin' }),
    )
    const { stop } = await start(await bridgePlugin())
    expect(isAlive(Number(other.pid))).toBe(true)
    other.kill()
    await stop()
  })

  test('that does not start says why, and its tables say so', async () => {
    const { path, folder: named } = await bridgePluginAs('unstartable')
    const { session, stop } = await start(path)
    const [row] = await session.query(`select error from millrace.connection where name = 'one'`)
    expect(row?.error).toMatch(/does not start: Plugin startup failed: this plugin does not start/)
    await stop()
    await rm(named, { recursive: true })
  })

  test('that is no plugin', async () => {
    const { session, stop } = await start('/bin/false')
    const [row] = await session.query(`select error from millrace.connection where name = 'one'`)
    expect(row?.error).toMatch(/the plugin false does not start: it has ended with status 1/)
    await stop()
  })

  test('that has grown through queries which failed makes way for another', async () => {
    // Any process takes more than half of so little.
    const { session, stop } = await start(await bridgePlugin(), {}, 16)
    const pid = async () => Number((await session.query('select pid from bridge_setting'))[0]?.pid)
    const fail = async (times: number) => {
      for (let time = 0; time < times; time++) {
        await expect(
          session.query(`select * from bridge_fault where place = 'list' and after = 1`),
        ).rejects.toMatchObject({ sqlState: 'HV000' })
      }
    }
    const first = await pid()
    await fail(9)
    expect(await pid()).toBe(first)
    await fail(1)
    await ended(first)
    expect(await pid()).not.toBe(first)
    await stop()
  })

  test.runIf(process.platform === 'linux')('reserves no memory for a cache that is off', async () => {
    const { session, stop } = await start(await bridgePlugin())
    expect(await session.query('select count(*)::int as n from bridge_many where count = 20000')).toEqual([
      { n: 20_000 },
    ])
    const [row] = await session.query('select pid from bridge_setting')
    const status = await readFile(`/proc/${row?.pid}/status`, 'utf8')
    // With the SDK's usual cache, there are 400 MB; without, 120.
    expect(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024).toBeLessThan(250)
    await stop()
  })

  test('serves connections that come and go', async () => {
    const { engine, session, connection, stop } = await start(await bridgePlugin(), { word: 'x' })
    const pids = async (name: string) =>
      (await session.query(`select pid from ${name}.bridge_setting`))[0]?.pid
    const first = await pids('one')
    await engine.setConnections([connection('one'), connection('two')])
    expect(await pids('two')).toBe(first)
    await engine.setConnections([connection('two')])
    expect(await pids('two')).toBe(first)
    await expect(session.query('select * from one.bridge_setting')).rejects.toThrow('does not exist')
    await stop()
  })
})

describe.runIf(hasGo())('tables that change', () => {
  const described = (...names: readonly string[]) =>
    JSON.stringify({
      Tables: names.map((name) => ({
        Name: name,
        Columns: [{ Name: 'id', Type: 'INT' }],
        Rows: [{ id: '7' }],
      })),
    })

  test('are followed', async () => {
    const { path, folder: named } = await bridgePluginAs('dynamic')
    await mkdir(join(folder, 'tables'))
    const file = join(folder, 'tables/one.json')
    await writeFile(file, described('first'))
    const { session, stop } = await start(path, { tables: [file] })
    expect(await session.query('select id from one.first')).toEqual([{ id: '7' }])
    await writeFile(file, described('first', 'second'))
    let found: unknown
    while (found === undefined) {
      found = await session.query('select id from one.second').catch(() => undefined)
    }
    expect(found).toEqual([{ id: '7' }])
    await stop()
    await rm(named, { recursive: true })
  })
})
