/** Many single calls to an API of which nothing has been learnt yet. */
import pg from 'pg'
import { type Benchmark, median, milliseconds, timed } from './benchmark.js'
import { coldConnections } from './cold-connections.js'

const keys = 200
const latency = 50

const addresses = Array.from({ length: keys }, (_, index) => `84.20.0.${index}`)

export const singleLookups: Benchmark = {
  name: 'single_lookups_ms',
  meaning: `${keys} keys, a call each, ${latency} ms a call, of a connection that has asked nothing yet: milliseconds; aim: at most 500`,
  async run({ millrace, sandbox }) {
    const client = new pg.Client({ ...millrace.gateway, options: '-c millrace.cache_ttl=0' })
    await client.connect()
    const lookUp = async (connection: string) => {
      const { rows } = await client.query(
        `select count(city)::int as cities from ${connection}.ipstack_ip where ip = any ($1::inet[])`,
        [addresses],
      )
      if (!(rows[0]?.cities > 0)) throw new Error(`no cities by ${connection}`)
    }
    // The code is warm, as in a server that has run for a while; the connections are not.
    await lookUp('ipstack_single')
    await sandbox.control('PUT faults', [{ kind: 'latency', milliseconds: latency, service: 'ipstack' }])
    const times: number[] = []
    for (const connection of coldConnections) times.push(await timed(() => lookUp(connection)))
    const { maxInFlight } = Object(await sandbox.control('GET calls?service=ipstack'))
    await sandbox.control('DELETE faults')
    await client.end()
    return {
      ratio: median(times),
      lines: [`${times.map(milliseconds).join(', ')}; at most ${maxInFlight} calls in flight`],
    }
  },
}
