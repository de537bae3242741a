/** A join that brings many keys: how long it takes where each takes a call, how many calls where a call takes several. */
import pg from 'pg'
import { type Benchmark, type Fixture, median, milliseconds, timed } from './benchmark.js'

const keys = 1_000
const latency = 100
const inFlight = 50
const batch = 50
const rounds = 5

const addresses = Array.from({ length: keys }, (_, index) => `84.19.${index >> 8}.${index & 255}`)

export const lookupJoinPath: Benchmark = {
  name: 'lookup_join_critical_path',
  meaning: `${keys} distinct keys, a call each, ${latency} ms a call, ${inFlight} in flight: time taken / shortest possible; aim: at most 1.10`,
  async run(fixture) {
    const shortest = Math.ceil(keys / inFlight) * latency
    const { times } = await joinRounds(fixture, 'ipstack_single.ipstack_ip')
    const alone = await timed(() => callAlone(fixture))
    const taken = median(times)
    return {
      ratio: taken / shortest,
      lines: [
        `${milliseconds(taken)}; shortest possible ${milliseconds(shortest)}`,
        `the same calls by an HTTP client alone, ${inFlight} at a time: ${milliseconds(alone)}`,
      ],
    }
  },
}

export const lookupJoinBatches: Benchmark = {
  name: 'lookup_join_batched_calls',
  meaning: `calls for ${keys} distinct keys, ${batch} to a call; aim: exactly ${Math.ceil(keys / batch)}`,
  async run(fixture) {
    const { times, calls } = await joinRounds(fixture, 'ipstack.ipstack_ip')
    return { ratio: median(calls), lines: [`${calls.join(', ')} calls; ${milliseconds(median(times))}`] }
  },
}

/** The first round is not counted: in it, plans are learnt and connections opened. */
async function joinRounds({ millrace, sandbox }: Fixture, table: string) {
  const client = new pg.Client({ ...millrace.gateway, options: '-c millrace.cache_ttl=0' })
  await client.connect()
  const times: number[] = []
  const calls: number[] = []
  try {
    await client.query('create temp table bench_keys (ip inet)')
    await client.query('insert into bench_keys select unnest($1::inet[])', [addresses])
    await client.query('analyze bench_keys')
    await sandbox.control('PUT faults', [{ kind: 'latency', milliseconds: latency, service: 'ipstack' }])
    for (let round = 0; round <= rounds; round++) {
      await sandbox.control('DELETE calls')
      const time = await timed(() => join(client, table))
      if (round === 0) continue
      times.push(time)
      const { calls: made } = Object(await sandbox.control('GET calls?service=ipstack'))
      calls.push(Array.isArray(made) ? made.length : Number.NaN)
    }
  } finally {
    await sandbox.control('DELETE faults')
    await client.end()
  }
  return { times, calls }
}

async function join(client: pg.Client, table: string): Promise<void> {
  const { rows } = await client.query(
    `select count(*)::int as rows, count(i.city)::int as cities from bench_keys k join ${table} i on i.ip = k.ip`,
  )
  const [{ rows: joined, cities }] = rows
  if (joined !== keys || cities === 0) throw new Error(`${joined} rows, ${cities} cities`)
}

async function callAlone({ sandbox }: Fixture): Promise<void> {
  const { IPSTACK_ENDPOINT: endpoint = '', IPSTACK_TOKEN: token = '' } = sandbox.environment
  const waiting = addresses.values()
  await sandbox.control('PUT faults', [{ kind: 'latency', milliseconds: latency, service: 'ipstack' }])
  const work = async () => {
    for (const address of waiting) {
      const response = await fetch(`${endpoint}/${address}?access_key=${token}&fields=main`)
      await response.json()
    }
  }
  await Promise.all(Array.from({ length: inFlight }, work))
  await sandbox.control('DELETE faults')
}
