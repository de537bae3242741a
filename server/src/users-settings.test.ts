/** What users set for the database and their role, which are theirs, does not keep the server from serving. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDebian } from '@millrace/sql-engine/testing/test-postgres'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'

/** Of a PostgreSQL of their own, users do not own the database: guest-postgres.test.ts has what holds there. */

let test: TestGateway
beforeAll(async () => {
  test = await startTestGateway()
})
afterEach(async () => {
  const admin = new pg.Client({ ...test.postgres.adminConfig, database: 'postgres' })
  await admin.connect()
  await admin.query('alter database millrace reset all')
  await admin.end()
})
afterAll(() => test.stop())

/** PostgreSQL dies, and is started and prepared again, as at the start of a home. */
async function restart(): Promise<void> {
  const [pid] = readFileSync(join(test.postgres.home, 'data', 'postmaster.pid'), 'utf8').split('\n')
  const crashed = test.crash()
  process.kill(Number(pid), 'SIGKILL')
  await crashed
  await test.postgres.ready()
}

const scan = "select city from counting.place where ip = '1.1.1.1'"
const rows = [{ city: 'city of 1.1.1.1' }]

async function run(statements: readonly string[], config?: pg.ClientConfig): Promise<void> {
  const client = await test.connect(config)
  for (const statement of statements) await client.query(statement)
  await client.end()
}

/** What the client does not leave to the database; its own options go before that. */
const ownOptions = [
  'statement_timeout=0',
  'transaction_timeout=0',
  'idle_session_timeout=0',
  'idle_in_transaction_session_timeout=0',
]
  .map((option) => `-c ${option}`)
  .join(' ')

describe.skipIf(isDebian)('a server starts again and answers', () => {
  it.each([
    [
      'timeouts',
      [
        "transaction_timeout = '1ms'",
        "statement_timeout = '1ms'",
        "lock_timeout = '1ms'",
        "idle_in_transaction_session_timeout = '1ms'",
        "idle_session_timeout = '1ms'",
      ],
    ],
    [
      'transactions',
      [
        'default_transaction_read_only = on',
        "default_transaction_isolation = 'serializable'",
        'default_transaction_deferrable = on',
      ],
    ],
    [
      'names of what is not there',
      [
        'search_path = nowhere',
        "local_preload_libraries = 'nothing'",
        "default_table_access_method = 'nothing'",
        "default_tablespace = 'nothing'",
      ],
    ],
    [
      'what may be done and how it looks',
      [
        "role = 'millrace'",
        'exit_on_error = on',
        "restrict_nonsystem_relation_kind = 'view, foreign-table'",
        "datestyle = 'German'",
      ],
    ],
  ])('after a user has set %s', async (_, settings) => {
    await run(settings.map((setting) => `alter database millrace set ${setting}`))
    await restart()
    const client = await test.connect({ options: ownOptions })
    expect((await client.query(scan)).rows).toEqual(rows)
  })

  it.each(['min_val', 'max_val'])(
    'after a user has set whatever he may, to %s or the opposite',
    async (extreme) => {
      const client = await test.connect({ options: ownOptions })
      const { rows: settings } = await client.query<{ name: string; value: string }>(
        `select name, case vartype when 'bool' then case setting when 'on' then 'off' else 'on' end
                                 when 'enum' then (select v from unnest(enumvals) v where v <> setting limit 1)
                                 else ${extreme} end as value
         from pg_settings
        where context = 'user' and vartype <> 'string' and source <> 'client'`,
      )
      for (const { name, value } of settings) {
        await client.query(`alter database millrace set ${name} = '${value}'`).catch((error: unknown) => {
          // Some cannot be set for a database, although the view says so.
          expect(error).toMatchObject({ code: expect.stringMatching(/^(42501|55P02|22023|0A000|25001)$/) })
        })
      }
      await client.end()
      await restart()
      const again = await test.connect({ options: `${ownOptions} -c client_min_messages=error` })
      expect((await again.query('select name from counting.kind')).rowCount).toBe(2)
    },
  )
})

describe.skipIf(isDebian)('users are let in again', () => {
  it.each([
    ['alter database millrace connection limit 0'],
    ['revoke connect on database millrace from public, millrace'],
  ])('after %s', async (statement) => {
    await run([statement])
    await restart()
    expect((await (await test.connect()).query(scan)).rows).toEqual(rows)
  })

  it('after the database was closed to all connections', async () => {
    const admin = { ...test.postgres.engineConfig, database: 'postgres' }
    await run(['alter database millrace allow_connections false'], { ...admin, ssl: false })
    await restart()
    expect((await (await test.connect()).query(scan)).rows).toEqual(rows)
  })
})

describe.skipIf(isDebian)('rights that Millrace has given', () => {
  it.each(['drop owned by current_user', 'drop owned by millrace cascade'])(
    'stay after %s',
    async (statement) => {
      const refusal = { code: '0A000', hint: expect.stringContaining('DROP SCHEMA') }
      await expect(run([statement])).rejects.toMatchObject(refusal)
      await expect(run([`do $$ begin execute '${statement}'; end $$`])).rejects.toMatchObject(refusal)
      expect((await (await test.connect()).query(scan)).rows).toEqual(rows)
    },
  )
})

describe.skipIf(isDebian)('other databases than the served one', () => {
  it.each(['postgres', 'template1', 'template0', 'nowhere'])('as %s let nobody in', async (database) => {
    await expect(test.connect({ database })).rejects.toMatchObject({
      code: expect.stringMatching(/^(42501|55000|3D000)$/),
      hint: 'Connect to the database "millrace".',
    })
  })
})
