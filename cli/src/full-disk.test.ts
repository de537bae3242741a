/** A home on a disk that fills up: statements say so, and everything goes on once there is room again. */
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from './testing/millrace-process.js'
import { valuesOf } from './testing/with-client.js'

const run = promisify(execFile)

/** A file system of its own takes root. */
const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']

async function withRoot(...command: readonly string[]): Promise<void> {
  const [program = '', ...args] = [...asRoot, ...command]
  await run(program, args)
}

const canMount = await withRoot('true').then(
  () => process.platform === 'linux',
  () => false,
)

describe.runIf(canMount)('a server whose disk is full', { timeout: 120_000 }, () => {
  let disk = ''
  let sandbox: Sandbox
  let millrace: MillraceProcess
  let url = ''

  beforeAll(async () => {
    await buildCommand()
    disk = await mkdtemp(join(tmpdir(), 'millrace-disk-'))
    const owner = `uid=${process.getuid?.()},gid=${process.getgid?.()}`
    await withRoot('mount', '-t', 'tmpfs', '-o', `size=320m,mode=711,${owner}`, 'tmpfs', disk)
    await chmod(disk, 0o711)
    sandbox = await startSandbox()
    sandbox.generateEvents({ logGroup: 'many', count: 5_000, distinctAddresses: 500, seed: 1 })
    millrace = new MillraceProcess([], {
      ...sandbox.environment,
      MILLRACE_HOME: join(disk, 'home'),
      MILLRACE_PORT: '0',
      MILLRACE_CACHE_TTL: '0',
      MILLRACE_LOG_FILE: 'millrace.log',
    })
    url = await millrace.url()
    await ask('create table kept as select 42 as answer')
  }, 120_000)

  afterAll(async () => {
    expect((await millrace.end('SIGTERM')).code).toBe(0)
    await sandbox.stop()
    await withRoot('umount', disk)
    await rm(disk, { recursive: true, force: true })
  })

  const ask = (sql: string) => valuesOf(url, sql)
  const filler = () => join(disk, 'filler')

  async function fill(): Promise<void> {
    const file = await open(filler(), 'a')
    try {
      for (const size of [1 << 20, 1 << 12]) {
        const zeros = Buffer.alloc(size)
        while (await file.write(zeros).then(() => true, isNotFull)) {}
      }
    } finally {
      await file.close()
    }
  }

  function isNotFull(error: unknown): false {
    expect(error).toMatchObject({ code: 'ENOSPC' })
    return false
  }

  const scan = `select count(*)::int, count(distinct user_identity::text) > 0 from aws_cloudtrail_trail_event
    where log_group_name = 'many'`

  it('says so (53100) and serves on, and answers again when there is room', async () => {
    await fill()
    await expect(
      ask("create table big as select repeat('x', 1000) from generate_series(1, 1e6)"),
    ).rejects.toMatchObject({
      code: '53100',
      message: expect.stringContaining('No space left on device'),
    })
    await expect(ask(scan)).rejects.toMatchObject({ code: '53100' })
    expect(await ask('select answer from kept')).toEqual([42])
    await rm(filler())
    expect(await ask(scan)).toEqual([5_000, true])
  })

  it('loses nothing where PostgreSQL itself cannot go on, says so, and comes back by itself', async () => {
    await fill()
    // Its log of what is written runs out of room, too: PostgreSQL then ends, and cannot start.
    const writing =
      "select count(pg_logical_emit_message(false, 'fill', repeat('x', 1000000))) from generate_series(1, 300)"
    const failures: string[] = []
    for (let last = ''; !/does not start/.test(last); await delay(100)) {
      last = await ask(writing).then(
        () => 'none',
        (error: unknown) => `${Object(error).code} ${Object(error).message}`,
      )
      failures.push(last)
    }
    expect(failures.at(-1)).toBe('53100 the engine does not start: the disk is full')
    for (const failure of failures) expect(failure).toMatch(/^(?:none|53100|57P0[123]|08006)/)
    await rm(filler())
    for (let answer: unknown; answer !== 42; await delay(100)) {
      answer = (await ask('select answer from kept').catch(() => []))[0]
    }
    expect(await ask(scan)).toEqual([5_000, true])
  })
})

it.runIf(!canMount && process.env.CI === 'true')('a full disk can be tried', () => {
  throw new Error('this takes root, or sudo without a password; tests with CI=true need it')
})
