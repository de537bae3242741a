/** The same range of time twice: the second time, nobody is to be asked. */
import pg from 'pg'
import type { Benchmark } from './benchmark.js'

const logGroup = 'bench-repeat-range'
const startTime = Date.UTC(2026, 1, 1)

export const repeatRange: Benchmark = {
  name: 'repeat_range_calls',
  meaning: 'calls of the same `timestamp between` query when it is asked again; aim: 0',
  async run({ millrace, sandbox }) {
    await sandbox.control('POST events', { logGroup, count: 5_000, startTime, intervalMs: 1000 })
    const client = new pg.Client({ ...millrace.gateway, options: '-c millrace.cache_ttl=3600' })
    await client.connect()
    const ask = () =>
      client.query(
        `select event_name, count(*) from aws_cloudtrail_trail_event where log_group_name = $1
          and timestamp between to_timestamp($2) and to_timestamp($3) group by 1 order by 1`,
        [logGroup, startTime / 1000 + 100, startTime / 1000 + 3_000],
      )
    const countCalls = async () => {
      const { calls } = Object(await sandbox.control('GET calls?service=logs'))
      return Array.isArray(calls) ? calls.length : Number.NaN
    }
    try {
      await sandbox.control('DELETE calls')
      const { rows } = await ask()
      const first = await countCalls()
      await sandbox.control('DELETE calls')
      const again = await ask()
      if (JSON.stringify(again.rows) !== JSON.stringify(rows)) throw new Error('the answers differ')
      const calls = await countCalls()
      return { ratio: calls, lines: [`${first} call(s) the first time, ${calls} the second`] }
    } finally {
      await client.end()
    }
  },
}
