import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from './testing/millrace-process.js'
import { processesWith } from './testing/running-processes.js'

let home = ''

beforeAll(async () => {
  await buildCommand()
  home = await mkdtemp(join(tmpdir(), 'millrace-service-'))
}, 120_000)
afterAll(() => rm(home, { recursive: true, force: true }))

const millrace = (...args: string[]) =>
  new MillraceProcess(args, { MILLRACE_HOME: home, MILLRACE_PORT: '0', MILLRACE_LOG: 'fatal' })

it('tells whether a service runs, and stops it', async () => {
  const none = { stdout: `no service runs on ${home}\n`, stderr: '' }
  expect(await millrace('service', 'status').ended).toMatchObject({ code: 3, ...none })
  expect(await millrace('service', 'stop').ended).toMatchObject({ code: 0, ...none })
  const service = millrace('service', 'start')
  const { port, password } = new URL(await service.url())
  const status = await millrace('service', 'status').ended
  expect(status).toMatchObject({
    code: 0,
    stdout: `a service runs on ${home}: postgres://millrace@127.0.0.1:${port}/millrace (process ${service.pid})\n`,
  })
  expect(status.stdout).not.toContain(password)
  expect(await millrace('service', 'stop').ended).toMatchObject({
    code: 0,
    stdout: `the service on ${home} has ended\n`,
    stderr: '',
  })
  expect(await service.ended).toMatchObject({ code: 0 })
  expect(await processesWith(join(home, 'data'))).toEqual([])
  expect(await millrace('service', 'status').ended).toMatchObject({ code: 3, ...none })
})
