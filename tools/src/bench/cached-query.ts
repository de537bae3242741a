/** An aggregate over rows that are kept, against the same over an ordinary table without a gateway. */
import pg from 'pg'
import { type Benchmark, median, milliseconds, timed } from './benchmark.js'

const events = 200_000
const rounds = 15
const logGroup = 'bench-cached-query'

const columns = 'event_time, event_name, event_source, source_ip_address, aws_region'
const aggregateOver = (
  table: string,
) => `select event_name, aws_region, count(*), count(distinct source_ip_address),
  max(event_time) from ${table} where log_group_name = '${logGroup}' group by 1, 2 order by 3 desc`

export const cachedQuery: Benchmark = {
  name: 'cached_query_ratio',
  meaning: `an aggregate over ${events} cached rows / over an ordinary table, straight to the engine; aim: at most 1.2`,
  async run({ millrace, sandbox }) {
    await sandbox.control('PUT paging', { cacheBytes: 1 << 30 })
    await sandbox.control('POST events', { logGroup, count: events, distinctAddresses: 1000 })
    const client = new pg.Client({ ...millrace.gateway, options: '-c millrace.cache_ttl=3600' })
    const engine = new pg.Client(millrace.engine)
    await Promise.all([client.connect(), engine.connect()])
    try {
      await client.query(aggregateOver('aws_cloudtrail_trail_event'))
      await client.query(`create table bench_events as select log_group_name, ${columns}
        from aws_cloudtrail_trail_event where log_group_name = '${logGroup}'`)
      await client.query('analyze bench_events')
      await sandbox.control('DELETE calls')
      const cached: number[] = []
      const plain: number[] = []
      for (let round = 0; round < rounds; round++) {
        cached.push(await timed(() => client.query(aggregateOver('aws_cloudtrail_trail_event'))))
        plain.push(await timed(() => engine.query(aggregateOver('bench_events'))))
      }
      const { calls } = Object(await sandbox.control('GET calls?service=logs'))
      if (calls.length > 0) throw new Error(`${calls.length} calls for rows that are kept`)
      await client.query('drop table bench_events')
      const [through, straight] = [median(cached), median(plain)]
      return {
        ratio: through / straight,
        lines: [`cached ${milliseconds(through)}, ordinary table ${milliseconds(straight)}`],
      }
    } finally {
      await sandbox.control('PUT paging', { cacheBytes: 0 })
      await Promise.all([client.end(), engine.end()])
    }
  },
}
