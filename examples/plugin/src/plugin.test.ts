import { createServer, type Server } from 'node:http'
import { collectRows, errorOf } from '@millrace/plugin-sdk/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NpmConnection } from './connection.js'
import { npmPackage } from './npm-package.js'
import plugin from './plugin.js'

/** A stand-in for the registry: what it answers to each path, and what it was asked. */
const answers = new Map<string, { readonly status?: number; readonly body: string }>()
let asked: string[] = []
let server: Server
let url = ''
let connections: NpmConnection[] = []

beforeEach(async () => {
  answers.clear()
  asked = []
  server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const { status = 200, body } = answers.get(path) ?? { status: 404, body: '{"error":"Not found"}' }
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
})
afterEach(async () => {
  for (const connection of connections) await plugin.close?.(connection)
  connections = []
  await new Promise((resolve) => server.close(resolve))
})

const connect = () => {
  const config = plugin.config.parse({ registry_url: url, downloads_url: url })
  const connection = plugin.connect(config, { connectionName: 'npm', environment: {} })
  connections.push(connection)
  return connection
}
const rowsOf = (name: string, columns?: (keyof typeof npmPackage.columns)[]) =>
  collectRows(npmPackage, {
    connection: connect(),
    quals: { name: [{ operator: '=', values: [name] }] },
    ...(columns === undefined ? {} : { columns }),
  })

const acme = {
  name: 'acme',
  description: 'Everything',
  license: 'MIT',
  homepage: 'https://acme.test',
  time: { created: '2020-01-02T03:04:05.678Z', modified: '2024-05-06T07:08:09.000Z', '1.0.0': '…' },
  'dist-tags': { latest: '1.2.3', next: '2.0.0-beta.1' },
}

describe('npm_package', () => {
  it('has a row for a package', async () => {
    answers.set('/acme', { body: JSON.stringify(acme) })
    answers.set('/downloads/point/last-week/acme', { body: '{"downloads":12345,"package":"acme"}' })
    expect(await rowsOf('acme')).toEqual([
      {
        name: 'acme',
        description: 'Everything',
        latest_version: '1.2.3',
        license: 'MIT',
        homepage: 'https://acme.test',
        created_at: '2020-01-02T03:04:05.678Z',
        modified_at: '2024-05-06T07:08:09.000Z',
        dist_tags: '{"latest":"1.2.3","next":"2.0.0-beta.1"}',
        downloads_last_week: 12345,
      },
    ])
  })

  it('counts downloads only for queries that want to know', async () => {
    answers.set('/acme', { body: JSON.stringify(acme) })
    await rowsOf('acme', ['name', 'license'])
    expect(asked).toEqual(['/acme'])
  })

  it('asks for scoped packages as the registry wants it', async () => {
    answers.set('/@acme%2Ftools', { body: '{}' })
    expect(await rowsOf('@acme/tools')).toMatchObject([{ name: '@acme/tools' }])
    expect(asked).toEqual(['/@acme%2Ftools', '/downloads/point/last-week/@acme/tools'])
  })

  it('has no row for a package that there is not', async () => {
    expect(await rowsOf('nothing')).toEqual([])
  })

  it('has NULLs for what the registry does not say as it should', async () => {
    const odd = { license: { type: 'MIT' }, time: { created: 'long ago' }, 'dist-tags': 'latest' }
    answers.set('/odd', { body: JSON.stringify(odd) })
    const [row] = await rowsOf('odd', ['name', 'license', 'created_at', 'dist_tags'])
    expect(row).toMatchObject({ name: 'odd', license: undefined, created_at: undefined, dist_tags: null })
  })

  it.each([
    [{ status: 500, body: 'oh no' }, 'HV000', 'HTTP 500, application/json: oh no'],
    [{ status: 200, body: '<html>' }, 'HV000', 'HTTP 200, application/json: <html>'],
    [{ status: 429, body: 'slower' }, 'HV000', 'HTTP 429, application/json: slower'],
    [{ status: 404, body: '<html>' }, 'HV000', 'HTTP 404, application/json: <html>'],
  ])('tells what the registry answers: %j', async (answer, sqlState, detail) => {
    answers.set('/acme', answer)
    await expect(rowsOf('acme')).rejects.toThrow(
      expect.objectContaining({ name: 'ApiError', sqlState, detail }),
    )
  })

  it('tells when the registry cannot be reached', async () => {
    url = 'http://127.0.0.1:1'
    const error = await errorOf(rowsOf('acme'))
    expect(error).toMatchObject({
      sqlState: 'HV00N',
      detail: 'ECONNREFUSED at http://127.0.0.1:1',
    })
  })

  it('ends its call when the query is cancelled', async () => {
    const reason = new Error('cancelled')
    const request = {
      connection: connect(),
      quals: { name: [{ operator: '=', values: ['acme'] }] },
      signal: AbortSignal.abort(reason),
    } as const
    await expect(collectRows(npmPackage, request)).rejects.toBe(reason)
    expect(asked).toEqual([])
  })
})
