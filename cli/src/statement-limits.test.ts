/** What a statement may take of PostgreSQL itself, in every session. */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from './testing/millrace-process.js'
import { temporaryHome } from './testing/temporary-home.js'
import { withClient } from './testing/with-client.js'

let home = ''
let millrace: MillraceProcess
let url = ''

beforeAll(async () => {
  await buildCommand()
  home = await temporaryHome('limits')
  const limits = { statement_timeout: 0.2, work_mem_mb: 1, max_temp_file_mb: 2 }
  await writeFile(join(home, 'config.json'), JSON.stringify({ connections: {}, limits }), { mode: 0o600 })
  millrace = new MillraceProcess([], { MILLRACE_HOME: home, MILLRACE_PORT: '0' })
  url = await millrace.url()
}, 120_000)

afterAll(async () => {
  await millrace.end('SIGTERM')
  await rm(home, { recursive: true, force: true })
})

it('time is limited where a session does not choose otherwise', () =>
  withClient(url, async (client) => {
    await expect(client.query('select pg_sleep(60)')).rejects.toMatchObject({ code: '57014' })
    await client.query('set statement_timeout = 0; select pg_sleep(0.3)')
    await client.query('reset statement_timeout')
    await expect(client.query('select pg_sleep(60)')).rejects.toMatchObject({ code: '57014' })
  }))

it('files of sorts that do not fit in memory are limited, whatever the session says', () =>
  withClient(url, async (client) => {
    expect((await client.query('show work_mem')).rows).toEqual([{ work_mem: '1MB' }])
    await client.query('set statement_timeout = 0')
    const large =
      'select max(n) from (select n from generate_series(1, 1000000) n order by n desc offset 1) s'
    await expect(client.query(large)).rejects.toMatchObject({ code: '53400' })
    await expect(client.query('set temp_file_limit = -1')).rejects.toMatchObject({ code: '42501' })
    await client.query("set work_mem = '256MB'")
    expect((await client.query(large)).rows).toEqual([{ max: 999_999 }])
  }))
