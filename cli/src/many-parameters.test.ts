/** Statements with as many parameters as the protocol has room for, in a server with little memory. */
import { rm } from 'node:fs/promises'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from './testing/millrace-process.js'
import { temporaryHome } from './testing/temporary-home.js'
import { withClient } from './testing/with-client.js'

const count = 60_000

let home = ''
let sandbox: Sandbox
let millrace: MillraceProcess
let url = ''

beforeAll(async () => {
  await buildCommand()
  home = await temporaryHome('parameters')
  sandbox = await startSandbox()
  const environment = { ...sandbox.environment, MILLRACE_HOME: home, MILLRACE_PORT: '0' }
  millrace = new MillraceProcess([], environment, ['--max-old-space-size=256'])
  url = await millrace.url()
}, 120_000)

afterAll(async () => {
  expect((await millrace.end('SIGTERM')).code).toBe(0)
  await sandbox.stop()
  await rm(home, { recursive: true, force: true })
})

const list = Array.from({ length: count }, (_, index) => `$${index + 1}`).join(', ')

it.each([
  [
    'an ordinary one',
    `select count(*)::int from generate_series(1, ${count}) n where n::text in (${list})`,
    count,
  ],
  [
    'one of a virtual table',
    `select count(*)::int from aws_cloudtrail_trail_event
      where log_group_name = 'cloudtrail-cwg-devto' and event_name in (${list})`,
    0,
  ],
])('%s is answered, again and again', { timeout: 120_000 }, async (_, text, expected) => {
  const values = Array.from({ length: count }, (__, index) => `${index + 1}`)
  await withClient(url, async (client) => {
    for (let round = 0; round < 2; round++) {
      expect((await client.query(text, values)).rows).toEqual([{ count: expected }])
    }
  })
})
