/** psql, as people use it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { loadOrCreateCertificate } from './certificate.js'
import { psql, psqlTest } from './testing/psql.js'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'

let harness: TestGateway
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-psql-'))
  harness = await startTestGateway({ tls: await loadOrCreateCertificate(folder) })
})

afterAll(async () => {
  await harness?.stop()
  await rm(folder, { recursive: true, force: true })
})

beforeEach(() => {
  harness.calls.length = 0
})

const events = "select name from event where trail = 't1' order by name"
const url = (options: Readonly<Record<string, string>> = {}) =>
  `${harness.url}?${new URLSearchParams(options)}`

psqlTest('statements one after the other, errors among them', async () => {
  const script = `${events};
    select city from place;
    select count(*) from event where trail = 't2';`
  const { status, output, complaints } = await psql(url(), script)
  expect({ status, output }).toEqual({ status: 0, output: 'a\nb\nc\n1\n' })
  expect(complaints).toMatch(/^ERROR: {2}.*\bip\b/)
})

psqlTest('an error points to its place', async () => {
  const { complaints } = await psql(url(), `select 'ä', nonsense from place where ip = '1.1.1.1';`)
  expect(complaints.split('\n').slice(0, 3)).toEqual([
    'ERROR:  column "nonsense" does not exist',
    `LINE 1: select 'ä', nonsense from place where ip = '1.1.1.1';`,
    '                    ^',
  ])
})

psqlTest('\\gdesc describes a result, and asks no API', async () => {
  const { output } = await psql(url(), `select ip, city, is_eu from place where ip = '1.1.1.1' \\gdesc\n`)
  expect(output).toBe('ip|inet\ncity|text\nis_eu|boolean\n')
  expect(harness.calls).toEqual([])
})

psqlTest('\\gset, \\gexec, and a statement over and over', async () => {
  const script = `select city from place where ip = '1.1.1.1' \\gset
    \\echo :city
    select format('select %L', name) from event where trail = 't1' order by name \\gexec
    select count(*) from event where trail = 't2' \\g \\g \\g\n`
  const { output, complaints } = await psql(url(), script)
  expect({ output, complaints }).toEqual({ output: 'city of 1.1.1.1\na\nb\nc\n1\n1\n1\n', complaints: '' })
})

psqlTest('FETCH_COUNT reads a result in parts', async () => {
  const script = `\\set FETCH_COUNT 2
    ${events};
    begin; ${events}; select city from place where ip = '1.1.1.1'; commit;\n`
  const { output, complaints } = await psql(url(), script)
  expect({ output, complaints }).toEqual({ output: 'a\nb\nc\na\nb\nc\ncity of 1.1.1.1\n', complaints: '' })
})

psqlTest('\\copy out of a virtual table, and into an ordinary one', async () => {
  const file = join(folder, 'events.csv')
  const script = `\\copy (${events}) to '${file}' csv
    create temp table seen (name text);
    \\copy seen from '${file}' csv
    copy seen from stdin;
x
\\.
    select string_agg(name, '' order by name) from seen join event using (name) where trail = 't1';
    select count(*) from seen;\n`
  const { output, complaints } = await psql(url(), script)
  expect({ output, complaints }).toEqual({ output: 'abc\n4\n', complaints: '' })
  expect(await readFile(file, 'utf8')).toBe('a\nb\nc\n')
})

psqlTest('\\d shows the tables, and asks no API', async () => {
  const { output, complaints } = await psql(url(), '\\d event\n\\dt\n')
  expect(complaints).toBe('')
  expect(output).toMatch(/^trail\|text/m)
  expect(output).toMatch(/^counting\|place\|/m)
  expect(harness.calls).toEqual([])
})

psqlTest('AUTOCOMMIT off and ON_ERROR_ROLLBACK', async () => {
  const script = `\\set AUTOCOMMIT off
    \\set ON_ERROR_ROLLBACK on
    ${events};
    select city from place;
    select count(*) from event where trail = 't2';
    commit;\n`
  expect(await psql(url(), script)).toMatchObject({ status: 0, output: 'a\nb\nc\n1\n' })
})

psqlTest(
  'encryption: not at all, if it can be had, always, and with a certificate that is checked',
  async () => {
    const isEncrypted = "select city from place where ip = '1.1.1.1';\n\\conninfo\n"
    for (const sslmode of ['disable', 'prefer', 'require']) {
      const { status, output } = await psql(url({ sslmode }), isEncrypted)
      expect({ sslmode, status, output }).toMatchObject({
        status: 0,
        output: expect.stringContaining('city of 1.1.1.1'),
      })
      expect(/TLSv1\.3/.test(output)).toBe(sslmode !== 'disable')
    }
    const checked = { sslmode: 'verify-full', sslrootcert: join(folder, 'certificate.pem') }
    const byName = url(checked).replace('127.0.0.1', 'localhost')
    for (const each of [url(checked), byName])
      expect(await psql(each, 'select 1;')).toMatchObject({ output: '1\n' })
    await loadOrCreateCertificate(join(folder, 'another'))
    const another = { ...checked, sslrootcert: join(folder, 'another', 'certificate.pem') }
    const unknown = await psql(url(another), 'select 1;')
    expect(unknown).toMatchObject({
      status: 2,
      complaints: expect.stringContaining('certificate verify failed'),
    })
  },
)

psqlTest('a wrong password', async () => {
  const wrong = harness.url.replace(/:[^:@]*@/, ':wrong@')
  expect(await psql(wrong, 'select 1;')).toMatchObject({
    status: 2,
    complaints: expect.stringContaining('FATAL:  password authentication failed for user "millrace"'),
  })
})

psqlTest('describes millrace.scan, which has no rows in a new session', async () => {
  const { output, complaints } = await psql(
    harness.url,
    '\\d millrace.scan\nselect count(*) from millrace.scan;\n',
  )
  expect(complaints).toBe('')
  expect(output).toMatch(/quals_pushed\|jsonb/)
  expect(output).toMatch(/started_at\|timestamp with time zone/)
  expect(output).toMatch(/^0$/m)
})
