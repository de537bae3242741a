import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installAcmePlugin } from './testing/acme-plugin.js'
import { buildCommand, MillraceProcess } from './testing/millrace-process.js'
import { type QueryEnding, runInShell, startQuery } from './testing/millrace-query.js'
import { processesWith } from './testing/running-processes.js'
import { temporaryHome } from './testing/temporary-home.js'

let home = ''
let files = ''

/** What the plugin's table asks; a request to /slow is never answered. */
let api: Server
const requests: string[] = []

beforeAll(async () => {
  await buildCommand()
  home = await temporaryHome('query')
  // As root, PostgreSQL runs under another account, which has to get through.
  files = await mkdtemp(join(tmpdir(), 'millrace-query-files-'))
  api = createServer((request: IncomingMessage, response: ServerResponse) => {
    requests.push(String(request.url))
    if (request.url !== '/slow') response.end('answer')
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  await installAcmePlugin(home, api)
}, 120_000)

afterAll(async () => {
  api.closeAllConnections()
  await new Promise((resolve) => api.close(resolve))
  await rm(home, { recursive: true, force: true })
  await rm(files, { recursive: true, force: true })
})

const variables = () => ({ MILLRACE_HOME: home })

function query(args: readonly string[], input?: string): Promise<QueryEnding> {
  return startQuery(args, variables(), input).ended
}

const done = (stdout: string, stderr = '') => ({ code: 0, stdout, stderr })

describe('millrace query without a service', () => {
  it('starts an engine for itself, and leaves nothing behind', async () => {
    expect(await query(['select 1 as one'])).toEqual(done(' one\n-----\n   1\n(1 row)\n'))
    expect(await processesWith(join(home, 'data'))).toEqual([])
    expect(await readdir(home)).not.toContain('service.json')
  })

  it('shares it with others that come, and ends after them', async () => {
    const endings = await Promise.all(
      [1, 2, 3].map((number) => query(['-o', 'csv', '--no-header', `select ${number} from pg_sleep(0.2)`])),
    )
    expect(endings).toEqual([done('1\n'), done('2\n'), done('3\n')])
    expect(await processesWith(join(home, 'data'))).toEqual([])
  })

  it.each([
    ['was killed', 2 ** 30],
    // This process lives.
    ['takes no clients any more', process.pid],
  ])('passes over the record of a service that %s', async (_, pid) => {
    const address = { host: '127.0.0.1', port: 1, user: 'millrace', database: 'millrace' }
    await writeFile(join(home, 'service.json'), JSON.stringify({ pid, ...address }))
    expect(await query(['--no-header', 'select 1'])).toEqual(done(' 1\n'))
  })

  it('tells what is wrong with its arguments before it starts anything', async () => {
    const elsewhere = { MILLRACE_HOME: join(files, 'no-home') }
    const ending = (args: string[]) => startQuery(args, elsewhere).ended
    expect(await ending(['--var', 'x=1', 'select 1'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'millrace: --var x: no statement has the variable :x\n',
    })
    expect(await ending([join(files, 'none.sql')])).toMatchObject({ code: 2, stdout: '' })
    expect(await ending(['--database', 'mysql://x', 'select 1'])).toMatchObject({ code: 2, stdout: '' })
    expect(await ending(['--explain', 'explain analyze select 1'])).toMatchObject({ code: 2, stdout: '' })
    expect(await readdir(files)).toEqual([])
  })
})

describe('millrace query --export', () => {
  it('writes Parquet that another reader understands, or no file', async () => {
    const path = join(files, 'all.parquet')
    const sql = `select 1 as n, 12345678901234567890.5 as big, '{"a": [1, 9007199254740993]}'::jsonb as j,
      '10.0.0.1'::inet as ip, array['x', null] as list, null::text as nothing,
      timestamptz '2022-07-06 20:38:09.25+00' as t
      union all select i, i, null, null, null, '', null from generate_series(2, 100000) i`
    expect(await query(['--export', path, sql])).toEqual(done(''))
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path) })
    expect(rows.length).toBe(100_000)
    expect(rows[0]).toEqual({
      n: 1,
      big: '12345678901234567890.5',
      j: '{"a": [1, 9007199254740993]}',
      ip: '10.0.0.1',
      list: ['x', null],
      nothing: null,
      t: new Date('2022-07-06T20:38:09.250Z'),
    })
    expect(rows[99_999]).toMatchObject({ n: 100_000, big: '100000', j: null, nothing: '', t: null })
    const bad = join(files, 'bad.parquet')
    const ending = await query(['--export', bad, "select timestamptz 'infinity' as t"])
    expect(ending).toMatchObject({ code: 1, stdout: '' })
    expect(ending.stderr).toContain('the column "t" has "infinity"')
    expect(await readdir(files)).toEqual(['all.parquet'])
    await rm(path)
  })
})

describe('millrace query beside a service', () => {
  let service: MillraceProcess
  let url = ''

  beforeAll(async () => {
    service = new MillraceProcess(['service', 'start', '--foreground'], {
      ...variables(),
      MILLRACE_PORT: '0',
    })
    url = await service.url()
  })
  afterAll(async () => {
    expect(await service.end('SIGTERM')).toMatchObject({ code: 0, stderr: '' })
    expect(await readdir(home)).not.toContain('service.json')
  })

  async function withClient<Result>(use: (client: pg.Client) => Promise<Result>): Promise<Result> {
    const client = new pg.Client(url)
    await client.connect()
    try {
      return await use(client)
    } finally {
      await client.end()
    }
  }

  it('asks it', async () => {
    const started = `select pg_postmaster_start_time()::text as at`
    const { rows } = await withClient((client) => client.query(started))
    expect(await query(['-o', 'csv', '--no-header', started])).toEqual(done(`${rows[0].at}\n`))
  })

  it('asks the database that is named', async () => {
    expect(await query(['--database', url, '-o', 'jsonl', 'select 1 as one'])).toEqual(done('{"one":1}\n'))
    const nobody = 'postgres://someone:top-secret@127.0.0.1:1/millrace'
    expect(await query(['--database', nobody, 'select 1'])).toEqual({
      code: 3,
      stdout: '',
      stderr: 'millrace: cannot connect to 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1\n',
    })
  })

  it('takes arguments, files and standard input, in the order that they have', async () => {
    const file = join(files, 'two.sql')
    await writeFile(file, '\ufeffselect 2;\n-- and\nselect 3')
    const ending = await query(['-o', 'csv', '--no-header', 'select 1;', file, '-'], "select ';4'\n;\n")
    expect(ending).toEqual(done('1\n2\n3\n;4\n'))
    expect(await query(['-o', 'csv', '--no-header'], 'select 5')).toEqual(done('5\n'))
    expect(await query(['begin; set local work_mem = "1MB"; select 1 as a; select 2 as b; commit'])).toEqual(
      done(' a\n---\n 1\n(1 row)\n\n b\n---\n 2\n(1 row)\n'),
    )
  })

  it('binds variables, whatever is in them', async () => {
    const evil = "'); drop table students; -- \\"
    const sql = "select :v as v, ':v' as text, count(*) from (values (1), (2)) t(x) group by :v, x % 1 -- :v"
    expect(await query(['-o', 'jsonl', '--var', `v=${evil}`, sql])).toEqual(
      done(`${JSON.stringify({ v: evil, text: ':v', count: 2 })}\n`),
    )
    const number = ['--var', 'n=3', '-o', 'csv', '--no-header']
    expect(await query([...number, 'select x from generate_series(1, $n) x where x = :n::int'])).toEqual(
      done('3\n'),
    )
    expect(
      await query([
        '-o',
        'csv',
        '--no-header',
        '--var',
        'path=/a',
        'select body from acme_page where path = :path',
      ]),
    ).toEqual(done('answer\n'))
  })

  it('shows errors as psql does, and runs nothing after them', async () => {
    const file = join(files, 'wrong.sql')
    await writeFile(
      file,
      "create table kept as select 1;\n\nselect 1,\n  '😀', :v, nonsense\nfrom kept;\ndrop table kept;",
    )
    expect(await query(['--var', 'v=long enough', file, 'drop table kept'])).toEqual({
      code: 1,
      stdout: '',
      stderr: `${file}:3: ERROR:  column "nonsense" does not exist\nLINE 2:   '😀', :v, nonsense\n                    ^\n`,
    })
    expect(await query(['drop table kept'])).toEqual(done(''))
    const { stderr } = await query(['select * from acme_page'])
    expect(stderr).toMatch(/^ERROR: {2}.*acme_page.*\n(?:LINE.*\n.*\^\n)?(?:DETAIL: {2}.*\n)?HINT: {2}.*\n$/)
    expect((await query(['select :v'])).stderr).toMatch(
      /\nHINT: {2}If :v is a variable, give its value: --var v=/,
    )
  })

  it('shows notices apart from results', async () => {
    expect(await query(['-o', 'csv', "do $$ begin raise notice 'hear'; end $$; select 1 as a"])).toEqual(
      done('a\n1\n', 'NOTICE:  hear\n'),
    )
  })

  it('never prints a result that ends too early as if it were whole', async () => {
    const { code, stdout, stderr } = await query([
      '-o',
      'json',
      'select 10 / (3 - i) as q from generate_series(1, 9) i',
    ])
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'ERROR:  division by zero\n' })
    expect(stdout).toContain('{"q":5}')
    expect(() => JSON.parse(stdout)).toThrow()
  })

  it('prints all of a large result', async () => {
    const { code, stdout } = await query(['-o', 'jsonl', 'select i from generate_series(1, 100000) i'])
    expect(code).toBe(0)
    const lines = stdout.split('\n')
    expect(lines).toHaveLength(100_001)
    expect(lines.at(-2)).toBe('{"i":100000}')
    const table = await query(['select i from generate_series(1, 20000) i'])
    expect(table.stdout.split('\n')).toHaveLength(20_004)
  })

  it('ends quietly when nobody reads on, and so does what it asked', async () => {
    const ending = await runInShell(
      `$MILLRACE query -o csv 'select generate_series(1, 1000000000) as nobody_reads' | head -n 2`,
      variables(),
    )
    expect(ending).toEqual(done('nobody_reads\n1\n'))
    await withClient(async (client) => {
      const { rows } = await client.query(
        `select from pg_stat_activity where query like '%nobody_reads%' and pid <> pg_backend_pid() and state = 'active'`,
      )
      expect(rows).toEqual([])
    })
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('cancels the statement and its calls at %s', async (signal, code) => {
    const asked = once(api, 'request')
    const running = startQuery(["select * from acme_page where path = '/slow'"], variables())
    const [request] = await asked
    const aborted = once(request.socket, 'close')
    running.signal(signal)
    await aborted
    const ending = await running.ended
    expect(ending).toMatchObject({ code, stdout: '' })
    expect(ending.stderr).toMatch(/^ERROR: {2}.*cancel/)
  })

  it('ends a statement that takes longer than it may', async () => {
    const ending = await query(['--query-timeout', '0.2', 'select pg_sleep(60)'])
    expect(ending).toMatchObject({
      code: 1,
      stderr: 'ERROR:  canceling statement due to statement timeout\n',
    })
    const fetching = await query(['--query-timeout', '0.2', "select * from acme_page where path = '/slow'"])
    expect(fetching).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('timeout') })
  })

  it('explains, and asks nothing', async () => {
    const before = requests.length
    const ending = await query([
      ...['--explain', '--var', 'path=/b'],
      'set work_mem = 4096; select body from acme_page where path = :path',
    ])
    expect(ending.code).toBe(0)
    expect(ending.stdout).toContain("Pushed: path = '/b'")
    expect(requests.slice(before)).toEqual([])
    expect(await query(['--explain', 'vacuum'])).toMatchObject({
      code: 2,
      stderr: 'millrace: --explain runs no VACUUM statement: only what EXPLAIN can show\n',
    })
  })

  it('tells time, rows and calls', async () => {
    const { stdout, stderr } = await query([
      ...['--timing', '-o', 'csv', '--no-header'],
      "select body from acme_page where path = '/timed'; select body from acme_page where path = '/timed'; select 1",
    ])
    expect(stdout).toBe('answer\nanswer\n1\n')
    const [first, second, third] = stderr.split('\n')
    expect(first).toMatch(/^Time: \d+ ms\. Rows: 1\. API calls: \d+\. Rows fetched: 1\.$/)
    expect(second).toMatch(
      /^Time: .* Rows: 1\. API calls: 0\. Rows fetched: 0\. From the cache: 1 of 1 scan\.$/,
    )
    expect(third).toMatch(/^Time: \d+ ms\. Rows: 1\.$/)
  })

  it('finds tables along the path that is asked for', async () => {
    const show = ['-o', 'csv', '--no-header', 'show search_path']
    expect(await query(['--search-path', 'acme,public', ...show])).toEqual(done('"""acme"", ""public"""\n'))
    const { stdout } = await query(['--search-path-prefix', 'acme', ...show])
    expect(stdout).toMatch(/^"""acme"", .*public/)
    expect(await query(['--search-path', 'acne', 'select 1'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'millrace: --search-path names a schema "acne" that does not exist; did you mean "acme"?\n',
    })
  })

  it('writes CSV that COPY reads back to the same values', async () => {
    const values = `select * from (values
      (1, null::text, ''::text, 'a,"b'::text, true, null::jsonb, '2022-07-06 20:38:09.123456+02'::timestamptz, '{a,NULL,""}'::text[], 'NaN'::numeric),
      (2, '\\.', ' ', E'x\\r\\ny\\n', null, '{"n": 12345678901234567890}', 'infinity', '{}', 0.10),
      (3, 'NULL', 'ä😀', E'\\\\N', false, '"x"', '0044-03-15 00:00:00+00 BC', null, -1e30)
    ) as t(i, a, b, c, d, e, f, g, h)`
    const { stdout } = await query(['--output', 'csv', values])
    await withClient(async (client) => {
      await client.query(`create temporary table back as ${values} limit 0`)
      await pipeline(
        Readable.from([stdout]),
        client.query(copyFrom('copy back from stdin with (format csv, header)')),
      )
      const { rows } = await client.query(
        `select (select count(*)::int from back) as count, (select count(*)::int from (${values} intersect select * from back)) as same`,
      )
      expect(rows).toEqual([{ count: 3, same: 3 }])
    })
  })

  it('writes files that are whole or not there', async () => {
    const csv = join(files, 'out.csv')
    const json = join(files, 'out.jsonl')
    expect(await query(['--export', csv, '--export', json, 'select 1 as a, null as b'])).toEqual(done(''))
    expect(await readFile(csv, 'utf8')).toBe('a,b\n1,\n')
    expect(await readFile(json, 'utf8')).toBe('{"a":1,"b":null}\n')
    const both = await query(['--export', csv, '-o', 'csv', 'select 2 as a'])
    expect(both).toEqual(done('a\n2\n'))
    expect(await query(['--export', csv, 'select 1 / (2 - i) from generate_series(1, 2) i'])).toMatchObject({
      code: 1,
    })
    expect(await readFile(csv, 'utf8')).toBe('a\n2\n')
    expect(await query(['--export', csv, 'select 3 as a; select 4'])).toMatchObject({
      code: 2,
      stderr: 'millrace: out.csv takes one result, and there is a second: export them one by one\n',
    })
    expect((await readdir(files)).filter((name) => name.includes('part'))).toEqual([])
  })

  it('refuses COPY to and from itself, and goes on to be of use', async () => {
    const ending = await query(['copy (select 1) to stdout'])
    expect(ending).toMatchObject({ code: 1, stdout: '' })
    expect(ending.stderr).toContain('COPY from or to the client is not for millrace query')
    const reading = await query(['create temporary table t (a int); copy t from stdin'])
    expect(reading).toMatchObject({ code: 1, stdout: '' })
    expect(reading.stderr).toContain('COPY from or to the client is not for millrace query')
  })
})
