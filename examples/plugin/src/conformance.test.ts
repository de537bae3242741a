/** Whether the table is as it says: types, keys, limits, calls, errors. */
import { createServer, type Server } from 'node:http'
import { testConformance } from '@millrace/plugin-sdk/conformance'
import { afterAll, beforeAll, describe, test } from 'vitest'
import plugin from './plugin.js'

/** What the stand-in for the registry answers. */
const answers: Readonly<Record<string, unknown>> = {
  '/acme': {
    description: 'Everything',
    license: 'MIT',
    homepage: 'https://acme.test',
    time: { created: '2020-01-02T03:04:05.678Z', modified: '2024-05-06T07:08:09.000Z' },
    'dist-tags': { latest: '1.2.3' },
  },
  '/bare': {},
  '/downloads/point/last-week/acme': { downloads: 12_345 },
}

let server: Server
let url = ''

beforeAll(async () => {
  server = createServer((request, response) => {
    const answer = answers[request.url ?? '']
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? { error: 'Not found' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

const connect = (registry = url) =>
  plugin.connect(plugin.config.parse({ registry_url: registry, downloads_url: registry }), {
    connectionName: 'npm',
    environment: {},
  })

testConformance(
  { describe, test },
  {
    plugin,
    connect: () => connect(),
    failing: { 'nobody there': () => connect('http://127.0.0.1:9') },
    tables: { npm_package: { ask: { name: ['acme', 'bare'] } } },
  },
)
