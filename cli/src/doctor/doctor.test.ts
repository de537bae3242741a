import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from '../testing/millrace-process.js'
import { lookAtMemory, lookAtNode } from './machine.js'

let home = ''
let sandbox: Sandbox

beforeAll(async () => {
  await buildCommand()
  home = await mkdtemp(join(tmpdir(), 'millrace-doctor-'))
  sandbox = await startSandbox()
}, 120_000)
afterAll(async () => {
  await sandbox.stop()
  await rm(home, { recursive: true, force: true })
})

const doctor = (environment: Readonly<Record<string, string>> = {}) =>
  new MillraceProcess(['doctor'], {
    MILLRACE_HOME: home,
    MILLRACE_PORT: '0',
    ...sandbox.environment,
    ...environment,
  }).ended

describe('millrace doctor', () => {
  it('finds nothing where all is well, and changes nothing', async () => {
    const { code, stdout, stderr } = await doctor()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const line of [
      /^ok {7}machine {5}Node\.js \d/m,
      /^ok {7}PostgreSQL {2}PostgreSQL 18/m,
      /^ok {7}connection {2}aws: works; account: 810361751552; /m,
      /^Millrace can start here; /m,
    ]) {
      expect(stdout).toMatch(line)
    }
    expect(stdout).not.toContain(sandbox.environment.AWS_SECRET_ACCESS_KEY)
    expect(await readdir(home)).toEqual([])
  })

  it('tells of a port that is taken, files that others can use, and credentials that are missing', async () => {
    await writeFile(join(home, 'password'), 'secret-of-somebody\n')
    await chmod(join(home, 'password'), 0o644)
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = typeof address === 'object' ? String(address?.port) : ''
    const { code, stdout } = await doctor({ MILLRACE_PORT: port, IPSTACK_TOKEN: '' })
    taken.close()
    expect(code).toBe(1)
    expect(stdout).toContain(`PROBLEM  port        port ${port} of 127.0.0.1 is in use by another program\n`)
    expect(stdout).toContain(`-> chmod 600 ${join(home, 'password')}\n`)
    expect(stdout).toMatch(/^warning {2}connection {2}ipstack: does not work: .*\n +-> .*IPSTACK_TOKEN/m)
    expect(stdout).toMatch(/\nMillrace cannot start here before the problem is solved; \d warnings\.\n$/)
    expect(stdout).not.toContain('secret-of-somebody')
    await rm(join(home, 'password'))
  })

  it('tells what is wrong with the settings, and looks at the rest', async () => {
    await writeFile(join(home, 'config.json'), '{ "listen": 1 }', { mode: 0o600 })
    const { code, stdout } = await doctor()
    expect(code).toBe(1)
    expect(stdout).toContain(`PROBLEM  settings    ${join(home, 'config.json')}:1: listen`)
    expect(stdout).toContain('ok       disk')
    await rm(join(home, 'config.json'))
    expect((await doctor({ MILLRACE_HOME: join(home, 'no/such/home') })).stdout).toContain(
      'which the first start makes',
    )
  })

  it('knows what is too little', () => {
    expect(lookAtNode('20.18.3')).toMatchObject([{ state: 'problem' }])
    expect(lookAtNode('20.19.0')).toMatchObject([{ state: 'ok' }])
    expect(lookAtNode('22.1.0')).toEqual([expect.not.objectContaining({ advice: expect.anything() })])
    expect(lookAtMemory(256 * 1024 ** 2)).toMatchObject([{ state: 'warning' }])
  })
})
