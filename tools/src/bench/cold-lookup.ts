/** One address that nobody has asked for yet: what Millrace adds to the API's own time. */
import pg from 'pg'
import { type Benchmark, type Fixture, median, milliseconds, timed } from './benchmark.js'

const latency = 50
const rounds = 40
const warmUp = 10

const address = (round: number) => `84.21.${round >> 8}.${round & 255}`

export const coldLookup: Benchmark = {
  name: 'cold_lookup_overhead_ms',
  meaning: `a lookup of one address at ${latency} ms a call, not asked for before: milliseconds beyond those of the call itself; aim: at most 8`,
  async run(fixture) {
    const { millrace, sandbox } = fixture
    const client = new pg.Client(millrace.gateway)
    await client.connect()
    await sandbox.control('PUT faults', [{ kind: 'latency', milliseconds: latency, service: 'ipstack' }])
    const lookups: number[] = []
    const calls: number[] = []
    // Side by side in turns, so that whatever else the machine does hits both.
    for (let round = 0; round < warmUp + rounds; round++) {
      const lookup = await timed(() => lookUp(client, address(round)))
      const call = await timed(() => callAlone(fixture, address(round)))
      if (round < warmUp) continue
      lookups.push(lookup)
      calls.push(call)
    }
    await sandbox.control('DELETE faults')
    await client.end()
    const [taken, alone] = [median(lookups), median(calls)]
    return {
      ratio: taken - alone,
      lines: [`${milliseconds(taken)}; the call alone, by an HTTP client: ${milliseconds(alone)}`],
    }
  },
}

async function lookUp(client: pg.Client, ip: string): Promise<void> {
  const { rowCount } = await client.query('select city from ipstack_ip where ip = $1', [ip])
  if (rowCount !== 1) throw new Error(`${rowCount} rows for ${ip}`)
}

async function callAlone({ sandbox }: Fixture, ip: string): Promise<void> {
  const { IPSTACK_ENDPOINT: endpoint = '', IPSTACK_TOKEN: token = '' } = sandbox.environment
  const response = await fetch(`${endpoint}/${ip}?access_key=${token}&fields=main`)
  await response.json()
}
