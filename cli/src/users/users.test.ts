/** `millrace user`, and a running server that follows what it writes. */
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseVerifier } from '@millrace/server/startup/scram-verifier'
import pg from 'pg'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildCommand, type Ending, MillraceProcess } from '../testing/millrace-process.js'
import { hasPython, Terminal } from '../testing/terminal.js'

let home = ''

beforeAll(buildCommand, 120_000)

async function makeHome(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'millrace-users-'))
  await chmod(made, 0o755)
  await mkdir(join(made, 'config'))
  await writeFile(
    join(made, 'config', 'some.yaml'),
    'connections:\n  one: { plugin: net }\n  two: { plugin: net }\n',
  )
  return made
}

const file = () => join(home, 'config', 'users.yaml')

function user(args: readonly string[], input = '', environment: Readonly<Record<string, string>> = {}) {
  return new MillraceProcess(['user', ...args], { MILLRACE_HOME: home, ...environment }, [], input).ended
}

const done = { code: 0, stderr: '' }

function complaint(message: string): Partial<Ending> {
  return { code: 2, stdout: '', stderr: expect.stringContaining(message) }
}

describe('millrace user', () => {
  beforeEach(async () => {
    home = await makeHome()
    return () => rm(home, { recursive: true, force: true })
  })

  it('writes users into a file of their own, with verifiers, readable to nobody else', async () => {
    expect(await user(['add', 'alice', '--connections', 'one, t*'], 'her password\n')).toMatchObject(done)
    const given = { GRAFANA_PASSWORD: 'another' }
    expect(await user(['add', 'grafana', '--password-from', 'GRAFANA_PASSWORD'], '', given)).toMatchObject(
      done,
    )
    expect(await user(['add', 'bob', '-c', 'one', '--certificate-cn', 'bob.example.com'])).toMatchObject(done)
    const text = await readFile(file(), 'utf8')
    expect(text).not.toMatch(/her password|another/)
    expect((await stat(file())).mode & 0o777).toBe(0o600)
    const listed = await user(['list', '--output', 'json'])
    expect(JSON.parse(listed.stdout).rows).toMatchObject([
      { user: 'alice', login: 'password', connections: 'one, t*' },
      { user: 'grafana', login: 'password', connections: '' },
      { user: 'bob', login: 'certificate of cn bob.example.com', connections: 'one' },
    ])
    expect(listed.stdout).not.toContain('SCRAM')
  })

  it('takes a verifier of PostgreSQL’s in place of a password, and keeps comments', async () => {
    const verifier =
      'SCRAM-SHA-256$4096:xV9g4pEMdi5vXj0lHVTaEQ==$H1+cxhKnfWHHYnuVXSbQVn3tvbLJ+Vl7YV6qVvRi02I=:dmYuO9iS4BHfYS5w4F3PZvTfZP3LrWWfXbnDuvIZ1Xs='
    expect(parseVerifier(verifier)).toBeDefined()
    await writeFile(
      file(),
      '# the team\nusers:\n  # our first\n  alice: { verifier: x, connections: [one] } # mine\n',
    )
    expect(await user(['passwd', 'alice'], `${verifier}\n`)).toMatchObject(done)
    const text = await readFile(file(), 'utf8')
    expect(text).toContain(verifier)
    expect(text).toMatch(/# the team\n.*# our first\n.*# mine/s)
    expect(await user(['remove', 'alice'])).toMatchObject(done)
    expect(await readFile(file(), 'utf8')).toContain('# the team')
    expect(JSON.parse((await user(['list', '--output', 'json'])).stdout).rows).toEqual([])
  })

  it('refuses what cannot be, and writes nothing', async () => {
    expect(await user(['add', 'millrace'], 'x')).toMatchObject(complaint('no user can be called "millrace"'))
    expect(await user(['add', 'pg_alice'], 'x')).toMatchObject(complaint('no user can be called'))
    expect(await user(['add', 'one'], 'x')).toMatchObject(complaint('has the name of a connection'))
    expect(await user(['add', 'alice'], '')).toMatchObject(
      complaint('there is no password in standard input'),
    )
    expect(await user(['add', 'alice'], 'SCRAM-SHA-256$4096:broken')).toMatchObject(
      complaint('looks like a verifier'),
    )
    expect(await user(['add', 'alice', '--password-from', 'NOT_SET'])).toMatchObject(
      complaint('variable NOT_SET'),
    )
    expect(await user(['passwd', 'nobody'], 'x')).toMatchObject(complaint('there is no user "nobody"'))
    expect(await user(['add', 'alice', 'password'], 'x')).toMatchObject({ code: 2 })
    expect(await stat(file()).catch(() => 'none')).toBe('none')
  })

  it('leaves a user that stands in another file alone', async () => {
    const other = join(home, 'config', 'own.spc')
    await writeFile(other, 'user "carol" {\n  certificate = { cn = "carol" }\n}\n')
    expect(await user(['remove', 'carol'])).toMatchObject(complaint(`${other}:1`))
    expect(await user(['add', 'carol'], 'x')).toMatchObject(complaint(`${other}:1`))
  })

  it.runIf(hasPython())('asks twice for a password on a terminal, and shows it never', async () => {
    const terminal = new Terminal(['user', 'add', 'alice', '-c', 'one'], { MILLRACE_HOME: home })
    let shown = await terminal.shows('Password of alice')
    terminal.type('hush hush\r')
    shown += await terminal.shows('once more')
    terminal.type('hush hush\r')
    shown += await terminal.shows('is written to')
    expect(await terminal.ended).toBe(0)
    expect(shown).not.toContain('hush')
    expect(await readFile(file(), 'utf8')).toContain('SCRAM-SHA-256$4096:')
  })
})

describe('a running server', () => {
  let millrace: MillraceProcess
  let port = 0

  beforeAll(async () => {
    home = await makeHome()
    millrace = new MillraceProcess([], { MILLRACE_HOME: home, MILLRACE_PORT: '0', MILLRACE_LOG: 'info' })
    port = Number(new URL(await millrace.url()).port)
    return async () => {
      await millrace.end('SIGTERM')
      await rm(home, { recursive: true, force: true })
    }
  }, 120_000)

  async function connect(name: string, password: string): Promise<pg.Client> {
    const client = new pg.Client({ host: '127.0.0.1', port, user: name, password, database: 'millrace' })
    client.on('error', () => {})
    await client.connect()
    return client
  }

  async function changed(args: readonly string[], input = ''): Promise<void> {
    expect(await user(args, input)).toMatchObject(done)
    await millrace.logged(/have been read again/)
  }

  it('lets new users in, follows passwords and connections, and ends the sessions of those that are removed', async () => {
    await expect(connect('alice', 'first')).rejects.toMatchObject({ code: '28P01' })
    expect(await millrace.logged(/a login has failed/)).toContain('"user":"alice","address":"127.0.0.1"')
    await changed(['add', 'alice', '-c', 'one'], 'first')
    const alice = await connect('alice', 'first')
    const visible = `select distinct table_schema from information_schema.tables where table_schema in ('one', 'two')`
    expect((await alice.query(visible)).rows).toEqual([{ table_schema: 'one' }])
    await changed(['passwd', 'alice'], 'second')
    await expect(connect('alice', 'first')).rejects.toMatchObject({ code: '28P01' })
    const text = await readFile(file(), 'utf8')
    await writeFile(file(), text.replace('- one', '- two'))
    await millrace.logged(/have been read again/)
    expect((await alice.query(visible)).rows).toEqual([{ table_schema: 'two' }])
    const ended = new Promise<unknown>((resolve) => alice.on('error', resolve))
    await changed(['remove', 'alice'])
    expect(await ended).toMatchObject({ code: '57P01' })
    await expect(connect('alice', 'second')).rejects.toMatchObject({ code: '28P01' })
  })

  it('goes on with the users that it has when there is a mistake in them', async () => {
    await changed(['add', 'bob', '-c', '*'], 'his')
    const bob = await connect('bob', 'his')
    const text = await readFile(file(), 'utf8')
    await writeFile(file(), text.replace('verifier: SCRAM', 'verifier: CLEAR'))
    const told = await millrace.logged(/expected a verifier/)
    expect(told).toContain('users.yaml:3')
    expect(told).not.toMatch(/CLEAR/)
    await millrace.logged(/have been read again/)
    expect((await bob.query('select current_user')).rows).toEqual([{ current_user: 'bob' }])
    await (await connect('bob', 'his')).end()
    await bob.end()
  })
})
