/** Tables by configuration, against an API that answers as each test says. */
import type { ServerResponse } from 'node:http'
import { errorOf } from '@millrace/plugin-sdk/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { httpJsonConfig } from '../config.js'
import plugin from '../plugin.js'
import { StandIn } from '../testing/stand-in.js'

let standIn: StandIn
beforeEach(async () => {
  standIn = await StandIn.start()
})
afterEach(() => standIn.stop())

const equal = (...values: [string | bigint, ...(string | bigint)[]]) => [{ operator: '=' as const, values }]
const say = (json: unknown) => {
  standIn.answer = (_, response) => response.end(typeof json === 'string' ? json : JSON.stringify(json))
}

describe('rows', () => {
  test('stand where the pointer says, and columns where theirs do', async () => {
    say(
      '{"at": "2022-07-06T00:00:00Z", "data": {"items": [{"id": 9007199254740993, "a": {"b/c": ["x", "1.2.3.4"]}, "n": 1.10, "ok": null}]}}',
    )
    const columns = {
      id: 'bigint',
      ip: { type: 'inet', pointer: '/a/b~1c/1' },
      n: 'numeric',
      ok: 'boolean',
      missing: 'text',
      a: 'jsonb',
      all: { type: 'jsonb', pointer: '' },
      at: { type: 'timestamptz', of: 'answer' },
    }
    expect(await standIn.rows({ rows: '/data/items', columns })).toEqual([
      {
        id: 9007199254740993n,
        ip: '1.2.3.4',
        n: '1.10',
        ok: null,
        missing: null,
        a: '{"b/c":["x","1.2.3.4"]}',
        all: '{"id":9007199254740993,"a":{"b/c":["x","1.2.3.4"]},"n":1.10,"ok":null}',
        at: '2022-07-06T00:00:00Z',
      },
    ])
  })

  test.each([
    ['a list', '[{"id": 1}, {"id": 2}]', '', 2],
    ['an object is one row', '{"id": 1}', '', 1],
    ['an object within', '{"x": {"id": 1}}', '/x', 1],
    ['null is none', '{"x": null}', '/x', 0],
    ['an empty list', '{"x": []}', '/x', 0],
  ])('%s', async (_, json, rows, count) => {
    say(json)
    expect(await standIn.rows({ rows })).toHaveLength(count)
  })

  test.each([
    ['nothing at the pointer', '{"y": []}', '/x', 'the answer has nothing at /x, where rows should be'],
    [
      'a value of another type',
      '{"x": [{"id": 1}, {"id": "a"}]}',
      '/x',
      'the value at /id in row 2 of the answer is no bigint, which the column id is',
    ],
    [
      'a number with decimals',
      '[{"id": 1.5}]',
      '',
      'the value at /id in row 1 of the answer is no bigint, which the column id is',
    ],
    [
      'a number beyond its type',
      '[{"id": 9223372036854775808}]',
      '',
      'the value at /id in row 1 of the answer is no bigint, which the column id is',
    ],
    ['texts for rows', '["a"]', '', 'row 1 of the answer is a string, and no object'],
  ])('%s is an error', async (_, json, rows, message) => {
    say(json)
    expect(await errorOf(standIn.rows({ rows }))).toMatchObject({ message, hint: expect.any(String) })
  })
})

describe('keys', () => {
  const own = {
    path: '/teams/{team}/users',
    query: { state: '{state}', since: 'from-{day}', size: '10' },
    columns: { team: 'text', state: { type: 'text', pointer: '/state' }, day: 'date', id: 'bigint' },
  }

  test('of the path are required, and those of the query are not', () => {
    expect(standIn.table(own).keys).toEqual({
      team: { operators: ['='], valuesPerCall: 1, require: 'required' },
      state: { operators: ['='], valuesPerCall: 1, require: 'optional' },
      day: { operators: ['='], valuesPerCall: 1, require: 'optional' },
    })
    expect(standIn.table({ ...own, required: ['day'] }).keys.day?.require).toBe('required')
  })

  test('are encoded, and shown as they were asked for', async () => {
    say([{ id: 1, state: 'on' }])
    const quals = { team: equal('a/b?c#d é'), day: equal('2022-07-06') }
    expect(await standIn.rows(own, { quals })).toEqual([
      { team: 'a/b?c#d é', state: 'on', day: '2022-07-06', id: 1n },
    ])
    expect(standIn.asked).toEqual(['/v1/teams/a%2Fb%3Fc%23d%20%C3%A9/users?since=from-2022-07-06&size=10'])
  })

  test('whose values the API tells leave rows of other values out', async () => {
    say([{ id: 1, state: 'on' }, { id: 2, state: 'off' }, { id: 3 }])
    const rows = await standIn.rows(own, { quals: { team: equal('a'), state: equal('on') } })
    expect(rows).toMatchObject([{ id: 1n }])
  })

  test.each(['', '.', '..'])('cannot make another path of it: %j', async (value) => {
    const error = await errorOf(standIn.rows(own, { quals: { team: equal(value) } }))
    expect(error.message).toBe(`the key column team cannot be "${value}"`)
    expect(standIn.asked).toEqual([])
  })
})

describe('settings that make no table', () => {
  test.each<[object, string]>([
    [{ path: '/{a}' }, '{a} is no column: name it in columns, with its type'],
    [{ path: '/{a}', columns: { a: 'jsonb' } }, 'a column of type jsonb cannot stand in a URL'],
    [
      { path: '/{a}', columns: { a: { type: 'inet', pointer: '/a' } } },
      '{a} of type inet shows what was asked for: leave out its pointer',
    ],
    [{ required: ['id'] }, '{id} stands neither in path nor in query'],
    [{ columns: {} }, 'expected at least one column'],
    [{ path: 'x' }, 'expected a path that begins with a slash, without a query'],
    [{ columns: { id: 'bigintt' } }, 'Invalid option: expected one of "text"'],
    [{ columns: { id: { type: 'text', pointr: '/a' } } }, 'Unrecognized key: "pointr"'],
    [{ rows: 'data' }, 'expected a JSON pointer, such as /answer/items'],
    [
      { paging: { kind: 'page', parameter: 'p', ends: 'short' } },
      '"short" needs size: how many rows a page has',
    ],
  ])('%j', (own, message) => {
    const tables = { t: { path: '/t', columns: { id: 'bigint' }, ...own } }
    const { error } = httpJsonConfig.safeParse({ url: 'https://example.com', tables })
    expect(JSON.stringify(error?.issues)).toContain(JSON.stringify(message).slice(1, -1))
  })
})

describe('pages', () => {
  const numbers = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: from + index }))
  /** Answers with five rows, two a page. */
  const page = (response: ServerResponse, start: number, more: (next: number) => object = () => ({})) => {
    const next = start + 2
    response.end(JSON.stringify({ rows: numbers(start, Math.max(0, Math.min(2, 5 - start))), ...more(next) }))
  }
  const ids = async (paging: object, limit?: number) =>
    (await standIn.rows({ rows: '/rows', paging }, limit === undefined ? {} : { limit })).map(({ id }) =>
      Number(id),
    )

  test('by links', async () => {
    standIn.answer = ({ searchParams }, response) => {
      const start = Number(searchParams.get('start') ?? 0)
      if (start < 4)
        response.setHeader(
          'link',
          `</first>; rel=first, <?start=${start + 2}>; title="a, b"; rel="last next"`,
        )
      page(response, start)
    }
    expect(await ids({ kind: 'link' })).toEqual([0, 1, 2, 3, 4])
    expect(standIn.asked).toEqual(['/v1/t', '/v1/t?start=2', '/v1/t?start=4'])
  })

  test('by the next URL', async () => {
    standIn.answer = ({ searchParams }, response) => {
      const start = Number(searchParams.get('start') ?? 0)
      page(response, start, (next) => ({ next: next < 5 ? `${standIn.url}/v1/t?start=${next}` : null }))
    }
    expect(await ids({ kind: 'next', pointer: '/next' })).toEqual([0, 1, 2, 3, 4])
  })

  test('by a cursor, whose pages may be empty', async () => {
    const pages = [[0, 1], [], [2]]
    standIn.answer = ({ searchParams }, response) => {
      const index = Number(searchParams.get('after') ?? 0)
      const cursor = index + 1 < pages.length ? { cursor: index + 1 } : {}
      response.end(JSON.stringify({ rows: pages[index]?.map((id) => ({ id })), meta: cursor }))
    }
    expect(await ids({ kind: 'cursor', pointer: '/meta/cursor', parameter: 'after' })).toEqual([0, 1, 2])
  })

  test('by a cursor and a flag', async () => {
    standIn.answer = ({ searchParams }, response) => {
      const start = Number(searchParams.get('after') ?? 0)
      page(response, start, (next) => ({ cursor: `${next}`, more: next < 5 }))
    }
    expect(await ids({ kind: 'cursor', pointer: '/cursor', parameter: 'after', more: '/more' })).toEqual([
      0, 1, 2, 3, 4,
    ])
  })

  test('by number, until one is empty', async () => {
    standIn.answer = ({ searchParams }, response) =>
      page(response, 2 * (Number(searchParams.get('page')) - 1))
    expect(await ids({ kind: 'page', parameter: 'page' })).toEqual([0, 1, 2, 3, 4])
    expect(standIn.asked.at(-1)).toBe('/v1/t?page=4')
  })

  test('by offset, until one is short', async () => {
    standIn.answer = ({ searchParams }, response) => page(response, Number(searchParams.get('skip')))
    const paging = { kind: 'offset', parameter: 'skip', size: { parameter: 'top', value: 2 }, ends: 'short' }
    expect(await ids(paging)).toEqual([0, 1, 2, 3, 4])
    expect(standIn.asked).toEqual(['/v1/t?top=2&skip=0', '/v1/t?top=2&skip=2', '/v1/t?top=2&skip=4'])
  })

  test('after the limit are not asked for', async () => {
    standIn.answer = ({ searchParams }, response) =>
      page(response, 2 * (Number(searchParams.get('page')) - 1))
    expect(await ids({ kind: 'page', parameter: 'page' }, 2)).toEqual([0, 1])
    expect(standIn.asked).toHaveLength(1)
  })

  test.each<[string, object, (start: number) => object]>([
    [
      'a cursor that comes again',
      { kind: 'cursor', pointer: '/cursor', parameter: 'a' },
      () => ({ cursor: 'x' }),
    ],
    [
      'cursors in a circle',
      { kind: 'cursor', pointer: '/cursor', parameter: 'a' },
      (start) => ({ cursor: (start + 1) % 3 || 3 }),
    ],
    ['a URL that leads to its own page', { kind: 'next', pointer: '/next' }, () => ({ next: '/v1/t' })],
    ['a parameter that the API ignores', { kind: 'page', parameter: 'a' }, () => ({})],
    ['an offset that the API ignores', { kind: 'offset', parameter: 'a' }, () => ({})],
  ])('that do not end are an error: %s', async (_, paging, more) => {
    standIn.answer = ({ searchParams }, response) =>
      response.end(JSON.stringify({ rows: [{ id: 1 }], ...more(Number(searchParams.get('a') ?? 0)) }))
    const error = await errorOf(ids(paging))
    expect(error.message).toMatch(/go in a circle|has the same rows as the page before/)
    expect(error.hint).toMatch(/paging/)
    expect(standIn.asked.length).toBeLessThan(6)
  })

  test.each([
    [
      'another host',
      { kind: 'next', pointer: '/next' },
      { next: 'https://evil.example/t' },
      /^the next page is at https:\/\/evil\.example, not at/,
    ],
    ['something else than a URL', { kind: 'next', pointer: '/next' }, { next: 5 }, /than a URL$/],
    ['no URL', { kind: 'next', pointer: '/next' }, { next: 'http://[' }, /is no URL$/],
    [
      'a list as the cursor',
      { kind: 'cursor', pointer: '/next', parameter: 'a' },
      { next: [1] },
      /than a cursor$/,
    ],
    [
      'more without a cursor',
      { kind: 'cursor', pointer: '/next', parameter: 'a', more: '/more' },
      { more: true },
      /since there is more$/,
    ],
    [
      'no flag',
      { kind: 'cursor', pointer: '/next', parameter: 'a', more: '/more' },
      { next: 'x' },
      /than true or false$/,
    ],
  ])('that lead to %s are an error', async (_, paging, more, message) => {
    say({ rows: [{ id: 1 }], ...more })
    expect((await errorOf(ids(paging))).message).toMatch(message)
    expect(standIn.asked).toHaveLength(1)
  })
})

describe('secrets', () => {
  const settings = {
    headers: { Authorization: { variable: 'TOKEN', prefix: 'Bearer ' }, Accept: 'application/vnd.acme+json' },
    secret_query: { key: 'query-secret' },
  }

  test('go with every request, and a next URL does not double them', async () => {
    standIn.answer = ({ searchParams }, response) => {
      if (!searchParams.has('p')) response.setHeader('link', '</v1/t?p=2&key=query-secret>; rel=next')
      response.end('[]')
    }
    const connection = standIn.connect(settings, { TOKEN: 'header-secret' })
    await standIn.rows({ paging: { kind: 'link' } }, { connection })
    expect(standIn.asked).toEqual(['/v1/t?key=query-secret', '/v1/t?p=2&key=query-secret'])
    expect(standIn.headers[1]).toMatchObject({
      authorization: 'Bearer header-secret',
      accept: 'application/vnd.acme+json',
    })
  })

  test('are in no error, whatever the API repeats', async () => {
    standIn.answer = (url, response) => {
      response.statusCode = 422
      const said = `${url.search} with ${JSON.stringify(standIn.headers.at(-1))}`
      response.end(JSON.stringify({ error: { message: said } }))
    }
    const connection = standIn.connect(
      { ...settings, error_message: '/error/message' },
      { TOKEN: 'header-secret' },
    )
    const error = await errorOf(standIn.rows({}, { connection }))
    expect(error.message).toMatch(/^the API answered HTTP 422: \?key=\*\*\* with /)
    expect(error.detail).toMatch(/^GET \/v1\/t: HTTP 422/)
    expect(error.code).toBe('HTTP 422')
    expect(JSON.stringify([error, error.message, String(error.cause), error.stack])).not.toMatch(/-secret/)
  })

  test('that are not set are named, and nothing is asked', async () => {
    const error = await errorOf(standIn.rows({}, {}, settings))
    expect(error.message).toBe('the variable TOKEN of the environment is not set')
    expect(standIn.asked).toEqual([])
  })
})

describe('answers that are none', () => {
  test.each([
    [401, 'does not accept the credentials', undefined],
    [404, 'the API answered HTTP 404', undefined],
    [429, 'was asked too often', 'throttled'],
    [503, 'the API answered HTTP 503', 'transient'],
  ])('HTTP %i', async (status, message, retry) => {
    standIn.answer = (_, response) => response.writeHead(status).end('{"oh": "no"}')
    const error = await errorOf(standIn.rows({}))
    expect(error).toMatchObject({ message: expect.stringContaining(message), retry, code: `HTTP ${status}` })
    expect(error.detail).toContain('{"oh": "no"}')
  })

  test('a status that means no rows', async () => {
    standIn.answer = (_, response) => response.writeHead(404).end()
    expect(await standIn.rows({ no_rows: [404] })).toEqual([])
  })

  test('an error with status 200', async () => {
    say({ error: { message: 'no such user' } })
    const error = await errorOf(standIn.rows({}, {}, { error_message: '/error/message' }))
    expect(error.message).toBe('the API answered HTTP 200: no such user')
  })

  test('a page of HTML, a redirect, nobody there', async () => {
    standIn.answer = (_, response) => response.setHeader('content-type', 'text/html').end('<html>')
    expect((await errorOf(standIn.rows({}))).message).toMatch(/gave an answer that is not its own$/)
    standIn.answer = (_, response) => response.writeHead(302, { location: 'https://evil.example/' }).end()
    expect((await errorOf(standIn.rows({}))).detail).toContain('leads to https://evil.example/')
    const nobody = standIn.rows({}, {}, { url: 'http://127.0.0.1:9' })
    expect((await errorOf(nobody)).message).toBe('127.0.0.1:9 could not be reached')
  })
})

describe('the check of a connection', () => {
  const call = (_: string, run: (signal: AbortSignal) => Promise<never>) => run(new AbortController().signal)
  const scan = { call, signal: new AbortController().signal }
  const users = { path: '/users/{id}', columns: { id: 'text' } }
  const teams = { path: '/teams', columns: { id: 'text' }, paging: { kind: 'page', parameter: 'page' } }

  test('asks the first table that needs no key', async () => {
    const connection = standIn.connect({ tables: { users, teams } })
    expect(await plugin.check?.(connection, scan)).toEqual({ facts: { asked: 'teams, GET /teams' } })
    expect(standIn.asked).toEqual(['/v1/teams?page=1'])
  })

  test('says where there is none, and fails as a query would', async () => {
    const keyed = await plugin.check?.(standIn.connect({ tables: { users } }), scan)
    expect(keyed?.missing).toEqual(['every table needs a key: nothing was asked'])
    standIn.answer = (_, response) => response.writeHead(401).end('{}')
    const failing = Promise.resolve(plugin.check?.(standIn.connect({ tables: { teams } }), scan))
    expect((await errorOf(failing)).message).toMatch(/does not accept the credentials$/)
  })
})
