/** Columns that nobody reads, through subqueries, CTEs and views: no call is made for them. */
import pg from 'pg'
import type { Benchmark } from './benchmark.js'

/** As BI tools and people write them. Each asks for names, or for how many trails there are. */
const shapes = [
  'select name from aws_cloudtrail_trail',
  'select name from (select * from aws_cloudtrail_trail) q',
  'with q as (select * from aws_cloudtrail_trail) select name from q',
  'select name from pg_temp.every_trail',
  'select count(*) from (select * from aws_cloudtrail_trail) q',
]

export const nestedColumns: Benchmark = {
  name: 'nested_columns_calls',
  meaning: 'calls for the names, or the number, of 20 trails, the most of five shapes of query; aim: 1',
  async run({ millrace, sandbox }) {
    const trails = Array.from({ length: 20 }, (_, index) => ({ name: `bench-trail-${index}` }))
    await sandbox.control('POST trails', trails)
    const client = new pg.Client({ ...millrace.gateway, options: '-c millrace.cache_ttl=0' })
    await client.connect()
    const lines: string[] = []
    let most = 0
    try {
      await client.query('create temp view every_trail as select * from aws_cloudtrail_trail')
      for (const shape of shapes) {
        await sandbox.control('DELETE calls')
        await client.query(shape)
        const { calls } = Object(await sandbox.control('GET calls?service=cloudtrail'))
        const count = Array.isArray(calls) ? calls.length : Number.NaN
        most = Math.max(most, count)
        lines.push(`${count} call(s): ${shape}`)
      }
    } finally {
      await client.end()
    }
    return { ratio: most, lines }
  },
}
