/** postgres.js: https://github.com/porsager/postgres */
import assert from 'node:assert/strict'
import postgres from 'postgres'
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

/** Runs something with a pool of its own. */
const connected =
  (run, options = {}) =>
  async () => {
    const sql = postgres(url, { ssl: 'require', max: 1, onnotice: () => {}, ...options })
    try {
      await run(sql)
    } finally {
      await sql.end({ timeout: 5 })
    }
  }

const stateOf = (running) =>
  running.then(
    () => assert.fail('it went well'),
    (error) => error.code,
  )

await check(
  'connects with SCRAM over TLS',
  connected(async (sql) => {
    const [{ server_version }] = await sql`show server_version`
    assert.match(server_version, /^18\./)
  }),
)

await check(
  'refuses a wrong password with 28P01',
  connected(async (sql) => assert.equal(await stateOf(sql`select 1`), '28P01'), { password: () => 'wrong' }),
)

await check(
  "runs the article's join, as it is and with a parameter, prepared and not",
  connected(async (sql) => {
    assert.deepEqual(lines(await sql.unsafe(articleJoin)), articleRows)
    for (const prepare of [false, true, true]) {
      const rows = await sql.unsafe(joinWithParameter, [articleLogGroup], { prepare })
      assert.deepEqual(lines(rows), articleRows)
    }
  }),
)

await check(
  'takes an array as the key of a table',
  connected(async (sql) => {
    const addresses = articleRows.map((row) => row.split('|')[0])
    const rows = await sql`select ip, city from ipstack_ip where ip = any(${addresses}::inet[])`
    assert.equal(rows.length, 6)
  }),
)

await check(
  'sends several statements at once',
  connected(async (sql) => {
    const results = await sql.unsafe(`select 1; ${articleJoin}; select 3`).simple()
    assert.deepEqual(
      results.map(({ count }) => count),
      [1, 6, 1],
    )
  }),
)

await check(
  'sends queries one after the other without waiting',
  connected(async (sql) => {
    const results = await Promise.all(
      Array.from({ length: 10 }, () => sql.unsafe(joinWithParameter, [articleLogGroup])),
    )
    for (const rows of results) assert.deepEqual(lines(rows), articleRows)
  }),
)

await check(
  'streams 100,000 rows, and 20,000 events, through cursors',
  connected(async (sql) => {
    let total = 0
    for await (const rows of sql`select generate_series(1, 100000) as n`.cursor(1000)) {
      for (const { n } of rows) total += n
    }
    assert.equal(total, 5_000_050_000)
    let count = 0
    const events = sql`select event_name from aws_cloudtrail_trail_event where log_group_name = ${manyEvents}`
    for await (const rows of events.cursor(1000)) count += rows.length
    assert.equal(count, 20_000)
  }),
)

await check(
  'leaves a cursor off in the middle',
  connected(async (sql) => {
    const events = sql`select event_name from aws_cloudtrail_trail_event where log_group_name = ${manyEvents}`
    for await (const rows of events.cursor(10)) {
      assert.equal(rows.length, 10)
      break
    }
    assert.deepEqual(lines(await sql.unsafe(articleJoin)), articleRows)
  }),
)

await check(
  'cancels a running pg_sleep',
  connected(
    async (sql) => {
      const sleeping = sql`select pg_sleep(60)`.execute()
      const asleep = () => sql`select 1 from pg_stat_activity where wait_event = 'PgSleep'`
      while ((await asleep()).length === 0);
      sleeping.cancel()
      assert.equal(await stateOf(sleeping), '57014')
      assert.equal((await sql`select 1`).length, 1)
    },
    { max: 2 },
  ),
)

await check(
  'cancels a query that waits for an API, and its call',
  connected((sql) =>
    whileIpstackHangs(async () => {
      const waiting = sql`select city from ipstack_ip where ip = '8.8.4.4'`.execute()
      await untilInFlight(1)
      waiting.cancel()
      assert.equal(await stateOf(waiting), '57014')
      assert.equal((await sql`select 1`).length, 1)
    }),
  ),
)

await check(
  'goes on after an error, and rolls a failed transaction back to a savepoint and as a whole',
  connected(async (sql) => {
    assert.equal(await stateOf(sql`selekt`), '42601')
    const state = await stateOf(
      sql.begin(async (transaction) => {
        assert.match(await stateOf(transaction.savepoint((inner) => inner`select * from ipstack_ip`)), /^HV/)
        assert.deepEqual(lines(await transaction.unsafe(articleJoin)), articleRows)
        await transaction`create table never_made (n int)`
        await transaction`select * from ipstack_ip`
      }),
    )
    assert.match(state, /^HV/)
    const [{ made }] = await sql`select to_regclass('never_made') as made`
    assert.equal(made, null)
  }),
)

await check(
  'learns the columns of a table from its description, and of a query with where false',
  connected(async (sql) => {
    const described = await sql`select event_name from aws_cloudtrail_trail_event`.describe()
    assert.equal(described.columns[0].name, 'event_name')
    await sql`select event_name from aws_cloudtrail_trail_event where false`
  }),
)

finish()
