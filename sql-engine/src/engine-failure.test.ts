import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { engineFailure } from './engine-failure.js'
import { startTestPostgres } from './testing/test-postgres.js'

/** What a system call fails with, as Node.js reports it. */
function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall })
}

test.each([
  ['EPIPE', 'write'],
  ['ECONNRESET', 'read'],
  ['ECONNREFUSED', 'connect'],
  ['ENOENT', 'connect'],
])('%s is a lost connection', (code, syscall) => {
  expect(engineFailure(systemError(code, syscall), 'a table was filled')).toMatchObject({
    sqlState: '08006',
    message: 'the engine was lost while a table was filled',
    detail: `${syscall} ${code}`,
  })
})

test.each(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS'])('%s is a lack of resources', (code) => {
  expect(engineFailure(systemError(code, 'connect'), 'a table was filled')).toMatchObject({
    sqlState: '53000',
  })
})

test('what is nothing of the engine is none of its failures', () => {
  expect(engineFailure(new TypeError('x is not a function'), 'a table was filled')).toBeUndefined()
  expect(engineFailure(undefined, 'a table was filled')).toBeUndefined()
})

test('what the driver says of a connection that is lost is a lost connection, too', async () => {
  await using postgres = await startTestPostgres()
  const client = new Client(postgres.engineConfig)
  client.on('error', () => {})
  await client.connect()
  const terminated = client
    .query('select pg_terminate_backend(pg_backend_pid())')
    .catch((error: unknown) => error)
  expect(engineFailure(await terminated, 'a table was filled')).toMatchObject({ sqlState: '57P01' })
  const lost = await client.query('select 1').catch((error: unknown) => error)
  expect(engineFailure(lost, 'a table was filled')).toMatchObject({ sqlState: '08006' })
  const full = new Client(postgres.engineConfig)
  await full.connect()
  await full.query('set temp_file_limit = 0; set work_mem = 64')
  const refused = await full
    .query('select count(*) from (select n from generate_series(1, 1e5) n order by 1 desc) q')
    .catch((error: unknown) => error)
  expect(engineFailure(refused, 'a table was filled')).toMatchObject({
    sqlState: '53400',
    message: expect.stringMatching(/^temporary file size exceeds .*, while a table was filled$/),
  })
  await full.end()
})

test('a connection that ends before it is answered is a lost connection', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const client = new Client({ host: '127.0.0.1', port })
  client.on('error', () => {})
  const error = await client.connect().catch((failure: unknown) => failure)
  expect(engineFailure(error, 'a table was filled')).toMatchObject({ sqlState: '08006' })
  server.close()
  const refused = connect(port, '127.0.0.1')
  const [failure] = await once(refused, 'error')
  expect(engineFailure(failure, 'a table was filled')).toMatchObject({ sqlState: '08006' })
})
