/** node-postgres: https://node-postgres.com */
import assert from 'node:assert/strict'
import { TLSSocket } from 'node:tls'
import pg from 'pg'
import copyStreams from 'pg-copy-streams'
import {
  articleJoin,
  articleLogGroup,
  articleRows,
  check,
  finish,
  joinWithParameter,
  lines,
  manyEvents,
  untilInFlight,
  url,
  whileIpstackHangs,
} from '../node/checks.mjs'

const settings = { connectionString: url, ssl: { rejectUnauthorized: false } }

/** Runs something with a connection of its own. */
const connected = (run) => async () => {
  const client = new pg.Client(settings)
  await client.connect()
  try {
    await run(client)
  } finally {
    await client.end()
  }
}

const stateOf = (running) =>
  running.then(
    () => assert.fail('it went well'),
    (error) => error.code,
  )

await check(
  'connects with SCRAM over TLS',
  connected(async (client) => {
    assert(client.connection.stream instanceof TLSSocket)
    const { rows } = await client.query('show server_version')
    assert.match(rows[0].server_version, /^18\./)
  }),
)

await check('refuses a wrong password with 28P01', async () => {
  const { username, hostname, port, pathname } = new URL(url)
  const address = { user: username, host: hostname, port: Number(port), database: pathname.slice(1) }
  const client = new pg.Client({ ...address, password: 'wrong', ssl: settings.ssl })
  assert.equal(await stateOf(client.connect()), '28P01')
})

await check(
  "runs the article's join",
  connected(async (client) => {
    assert.deepEqual(lines((await client.query(articleJoin)).rows), articleRows)
  }),
)

for (const binary of [false, true]) {
  await check(
    `runs the article's join with a parameter, ${binary ? 'binary' : 'text'}`,
    connected(async (client) => {
      // Of an address in binary, it makes no text.
      const text = joinWithParameter.replace('a.source_ip_address as ip', 'host(a.source_ip_address) as ip')
      const { rows } = await client.query({ text, values: [articleLogGroup], binary })
      assert.deepEqual(lines(rows), articleRows)
    }),
  )
}

await check(
  'prepares a statement over virtual tables and runs it again and again',
  connected(async (client) => {
    for (let run = 0; run < 3; run++) {
      const query = (name) => client.query({ name: 'places', text: joinWithParameter, values: [name] })
      assert.deepEqual(lines((await query(articleLogGroup)).rows), articleRows)
      assert.deepEqual((await query('sandbox/empty')).rows, [])
    }
  }),
)

await check(
  'sends several statements at once',
  connected(async (client) => {
    const results = await client.query(`select 1; ${articleJoin}; select 3`)
    assert.deepEqual(
      results.map(({ rowCount }) => rowCount),
      [1, 6, 1],
    )
  }),
)

await check(
  'streams 100,000 rows, and 20,000 events',
  connected(async (client) => {
    for (const [statement, expected] of [
      ['select generate_series(1, 100000)', 100_000],
      [`select event_id from aws_cloudtrail_trail_event where log_group_name = '${manyEvents}'`, 20_000],
    ]) {
      let count = 0
      for await (const chunk of client.query(copyStreams.to(`copy (${statement}) to stdout`))) {
        for (const byte of chunk) if (byte === 10) count++
      }
      assert.equal(count, expected)
    }
  }),
)

await check(
  'cancels a query that waits for an API, and its call',
  connected((client) =>
    whileIpstackHangs(async () => {
      const query = new pg.Query("select city from ipstack_ip where ip = '8.8.4.4'")
      const failed = new Promise((resolve) => query.once('error', resolve))
      client.query(query)
      await untilInFlight(1)
      new pg.Client({ ...settings, ssl: false }).cancel(client, query)
      assert.equal((await failed).code, '57014')
      assert.equal((await client.query('select 1')).rowCount, 1)
    }),
  ),
)

await check(
  'goes on after an error, and rolls a failed transaction back',
  connected(async (client) => {
    assert.equal(await stateOf(client.query('selekt')), '42601')
    await client.query('begin')
    assert.match(await stateOf(client.query('select * from ipstack_ip')), /^HV/)
    assert.equal(await stateOf(client.query(articleJoin)), '25P02')
    await client.query('rollback')
    assert.deepEqual(lines((await client.query(articleJoin)).rows), articleRows)
  }),
)

await check('runs the join on each of ten pooled connections at once', async () => {
  const pool = new pg.Pool({ ...settings, max: 10 })
  try {
    const results = await Promise.all(
      Array.from({ length: 20 }, () => pool.query(joinWithParameter, [articleLogGroup])),
    )
    for (const { rows } of results) assert.deepEqual(lines(rows), articleRows)
  } finally {
    await pool.end()
  }
})

await check(
  'learns the columns of a table from a query with where false',
  connected(async (client) => {
    const { fields } = await client.query('select event_name from aws_cloudtrail_trail_event where false')
    assert.equal(fields[0].name, 'event_name')
  }),
)

finish()
