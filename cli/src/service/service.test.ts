import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand, type Ending, MillraceProcess } from '../testing/millrace-process.js'
import { processesWith } from '../testing/running-processes.js'
import { temporaryHome } from '../testing/temporary-home.js'

let folder = ''
let home = ''

beforeAll(async () => {
  await buildCommand()
  folder = await temporaryHome('service')
  // As root, PostgreSQL runs under another account, which has to get through.
  home = join(folder, 'home')
}, 120_000)
afterAll(async () => {
  for (const name of await readdir(folder)) await millrace(['service', 'stop'], join(folder, name))
  await rm(folder, { recursive: true, force: true })
})

function millrace(args: readonly string[], where = home): Promise<Ending> {
  return new MillraceProcess(args, { MILLRACE_HOME: where, MILLRACE_PORT: '0' }).ended
}

const urlLine = /^postgres:\/\/millrace:[\w-]{32}@127\.0\.0\.1:(\d+)\/millrace\n$/

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url.trim())
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

// Each starts several processes, which a busy machine takes its time for.
describe('a service in the background', { timeout: 90_000 }, () => {
  it('is told of by status, start and stop, and writes a log that only its user reads', async () => {
    const none = { stdout: `no service runs on ${home}\n`, stderr: '' }
    expect(await millrace(['service', 'status'])).toMatchObject({ code: 3, ...none })
    expect(await millrace(['service', 'stop'])).toMatchObject({ code: 0, ...none })
    const start = await millrace(['service', 'start'])
    expect(start).toMatchObject({ code: 0, stdout: expect.stringMatching(urlLine), stderr: '' })
    expect(await ask(start.stdout, 'select 42 as answer')).toEqual([{ answer: 42 }])
    const { port, password } = new URL(start.stdout.trim())
    const status = await millrace(['service', 'status'])
    expect(status).toMatchObject({ code: 0, stderr: '' })
    expect(status.stdout).toContain(
      `a service runs on ${home}: postgres://millrace@127.0.0.1:${port}/millrace (process `,
    )
    expect(status.stdout).toMatch(/listens on {3}127\.0\.0\.1 \(this machine only\)\n/)
    expect(status.stdout).toContain('connections  5 ready\n')
    expect(status.stdout).not.toContain(password)
    const [, pid] = /\(process (\d+)/.exec(status.stdout) ?? []
    expect((await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0')).toContain('MALLOC_ARENA_MAX=2')
    expect((await millrace(['service', 'status', '--show-password'])).stdout).toContain(start.stdout.trim())
    expect((await stat(join(home, 'service.log'))).mode & 0o777).toBe(0o600)
    expect(await readFile(join(home, 'service.log'), 'utf8')).not.toContain(password)
    const again = await millrace(['service', 'start'])
    expect(again).toMatchObject({ code: 0, stdout: start.stdout })
    expect(again.stderr).toMatch(/^a service runs on .* already \(process \d+\)\n$/)
    const client = new pg.Client(start.stdout.trim())
    client.on('error', () => {})
    await client.connect()
    expect(await millrace(['service', 'stop'])).toMatchObject({
      code: 0,
      stdout: `the service on ${home} has ended; 1 client was connected\n`,
      stderr: '',
    })
    expect(await processesWith(join(home, 'data'))).toEqual([])
    expect(await millrace(['service', 'status'])).toMatchObject({ code: 3, ...none })
  })

  it('stands beside others on homes of their own', async () => {
    const other = join(folder, 'other')
    const [one, two] = await Promise.all([
      millrace(['service', 'start', '--listen', 'network']),
      millrace(['service', 'start'], other),
    ])
    expect([one.code, two.code]).toEqual([0, 0])
    const all = await millrace(['service', 'status', '--all'])
    expect(all.stdout).toContain(`a service runs on ${home}: `)
    expect(all.stdout).toContain(`a service runs on ${other}: `)
    expect((await millrace(['service', 'status'])).stdout).toMatch(/listens on {3}0\.0\.0\.0\n/)
    await Promise.all([millrace(['service', 'stop'], other), millrace(['service', 'stop', '--force'])])
    expect((await millrace(['service', 'status', '--all'])).stdout).not.toContain(folder)
  })

  it('listens after a restart where it did, unless it is told to listen elsewhere', async () => {
    const other = join(folder, 'other')
    const { stdout } = await millrace(['service', 'start'], other)
    const { port } = new URL(stdout.trim())
    expect(await millrace(['service', 'start', '--port', '1'], other)).toMatchObject({
      code: 1,
      stderr: `millrace: a service runs on ${other} already, at port ${port}: millrace service restart --port 1\n`,
    })
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const address = free.address()
    const wanted = typeof address === 'object' ? String(address?.port) : ''
    await new Promise((resolve) => free.close(resolve))
    for (const options of [['--port', wanted], []]) {
      const restarted = await millrace(['service', 'restart', ...options], other)
      expect(restarted).toMatchObject({ code: 0, stderr: `the service on ${other} has ended\n` })
      expect(new URL(restarted.stdout.trim()).port).toBe(wanted)
    }
    await millrace(['service', 'stop'], other)
  })

  it('that does not start says why, and leaves nothing', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = typeof address === 'object' ? String(address?.port) : ''
    const before = await readdir(home)
    expect(await millrace(['service', 'start', '--port', port])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `millrace: port ${port} of 127.0.0.1 is in use; choose another with --port or MILLRACE_PORT\n`,
    })
    taken.close()
    expect(await processesWith(join(home, 'data'))).toEqual([])
    expect(await readdir(home)).toEqual(before)
    const wrong = join(folder, 'wrong')
    await mkdir(wrong)
    await writeFile(join(wrong, 'config.json'), '{ "connections": 7 }')
    const ending = await millrace(['service', 'start'], wrong)
    expect(ending).toMatchObject({ code: 2, stdout: '' })
    expect(ending.stderr).toContain(join(wrong, 'config.json'))
    expect(await readdir(wrong)).toEqual(['config.json'])
    const file = join(folder, 'file')
    await writeFile(file, '')
    expect(await millrace(['service', 'start'], join(file, 'home'))).toMatchObject({ code: 2, stdout: '' })
    await rm(file)
  })

  it('is not what millrace query starts for itself', async () => {
    const query = new MillraceProcess(['query', 'select pg_sleep(60)'], { MILLRACE_HOME: home })
    for (;;) {
      const text = await readFile(join(home, 'service.json'), 'utf8').catch(() => '')
      if (text.includes('"query"')) break
    }
    expect((await millrace(['service', 'status'])).stdout).toBe(
      `no service runs on ${home}, but millrace query (process ${query.pid})\n`,
    )
    expect((await millrace(['service', 'stop'])).stdout).toMatch(/^no service runs on .* ends it\n$/)
    expect(await millrace(['service', 'start'])).toMatchObject({ code: 1, stdout: '' })
    await query.end('SIGTERM')
  })
})
