/** One address looked up after the other, all of them known, against the same over an ordinary table. */
import pg from 'pg'
import { type Benchmark, median } from './benchmark.js'
import type { MillraceProcess } from './millrace-process.js'
import { type BareConnection, connectBare, requestsPerSecond } from './requests-per-second.js'

const clients = 8
const addresses = 2_000
const roundMs = 1_500
const rounds = 5

export const pointLookup: Benchmark = {
  name: 'point_lookup_tps_ratio',
  meaning: `prepared point lookups a second of ${addresses} cached addresses / of an ordinary indexed table, both through the gateway, ${clients} clients; aim: at least 0.5`,
  async run({ millrace, sandbox }) {
    const setup = new pg.Client({ ...millrace.gateway, options: '-c millrace.cache_ttl=3600' })
    await setup.connect()
    await setup.query('create table bench_places (ip inet primary key, city text)')
    await setup.query(
      'insert into bench_places select ip, city from ipstack_ip where ip = any ($1::inet[])',
      [lookedUp],
    )
    await setup.query('analyze bench_places')
    await sandbox.control('DELETE calls')
    const ordinary: number[] = []
    const cached: number[] = []
    // Side by side in turns, so that whatever else the machine does hits both.
    for (let round = 0; round < rounds; round++) {
      ordinary.push(await lookupsPerSecond(millrace, 'bench_places'))
      cached.push(await lookupsPerSecond(millrace, 'ipstack_ip'))
    }
    const { calls } = Object(await sandbox.control('GET calls?service=ipstack'))
    if (calls.length > 0) throw new Error(`${calls.length} calls for addresses that are kept`)
    await setup.query('drop table bench_places')
    await setup.end()
    const [plain, virtual] = [median(ordinary), median(cached)]
    return {
      ratio: virtual / plain,
      lines: [`ordinary table ${plain.toFixed(0)} lookups/s, ipstack_ip ${virtual.toFixed(0)} lookups/s`],
    }
  },
}

/** What is looked up. */
export const lookedUp = Array.from({ length: addresses }, (_, index) => `84.17.${index >> 8}.${index & 255}`)

async function lookupsPerSecond({ gateway }: MillraceProcess, table: string): Promise<number> {
  const config = { ...gateway, options: '-c millrace.cache_ttl=3600' }
  const connections = await Promise.all(Array.from({ length: clients }, () => prepareLookup(config, table)))
  // Bind, Execute and Sync: BindComplete comes first.
  return requestsPerSecond(connections, lookup, '2', roundMs)
}

/** A connection with a prepared lookup of an address. */
export async function prepareLookup(config: pg.ClientConfig, table: string): Promise<BareConnection> {
  const connection = await connectBare(config)
  const text = `select city from ${table} where ip = $1`
  await connection.client.query({ name: 'lookup', text, values: [lookedUp[0]] })
  return connection
}

/** Looks up any of the addresses: Bind, Execute and Sync. */
export function lookup(): Buffer {
  const address = Buffer.from(lookedUp[Math.floor(Math.random() * addresses)] ?? '')
  const values = Buffer.concat([int16(0), int16(1), int32(address.length), address, int16(0)])
  const bind = Buffer.concat([Buffer.from('\0lookup\0'), values])
  const execute = Buffer.concat([Buffer.from('\0'), int32(0)])
  return Buffer.concat([message('B', bind), message('E', execute), message('S', Buffer.alloc(0))])
}

function message(type: string, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(content.length + 4), content])
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
