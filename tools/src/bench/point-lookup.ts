/** One address looked up after the other, all of them known, against the same over an ordinary table. */
import type { Socket } from 'node:net'
import pg from 'pg'
import { type Benchmark, median } from './benchmark.js'
import type { MillraceProcess } from './millrace-process.js'

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
      [all],
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

const all = Array.from({ length: addresses }, (_, index) => `84.17.${index >> 8}.${index & 255}`)

async function lookupsPerSecond({ gateway }: MillraceProcess, table: string): Promise<number> {
  const config = { ...gateway, options: '-c millrace.cache_ttl=3600' }
  const connections = await Promise.all(Array.from({ length: clients }, () => prepare(config, table)))
  const start = performance.now()
  const counts = await Promise.all(connections.map(({ socket }) => lookUpUntil(socket, start + roundMs)))
  const seconds = (performance.now() - start) / 1000
  await Promise.all(connections.map(({ client }) => client.end()))
  return counts.reduce((sum, count) => sum + count, 0) / seconds
}

async function prepare(
  config: pg.ClientConfig,
  table: string,
): Promise<{ client: pg.Client; socket: Socket }> {
  const client = new pg.Client(config)
  await client.connect()
  await client.query({ name: 'lookup', text: `select city from ${table} where ip = $1`, values: [all[0]] })
  return { client, socket: Object(client).connection.stream }
}

/** Bind, Execute and Sync by hand: a driver would take more time than the server that is measured. */
function lookUpUntil(socket: Socket, end: number): Promise<number> {
  const listeners = socket.listeners('data')
  socket.removeAllListeners('data')
  return new Promise((resolve, reject) => {
    let count = 0
    const onData = (chunk: Buffer) => {
      // Replies are far shorter than a chunk; each ends with ReadyForQuery: Z, length 5, status.
      if (chunk.length < 6 || chunk.readUInt8(chunk.length - 6) !== 0x5a) return
      if (chunk[0] !== 0x32) {
        reject(new Error(`not what was asked for: ${chunk.toString('latin1')}`))
        return
      }
      count++
      if (performance.now() < end) {
        socket.write(lookup())
        return
      }
      socket.off('data', onData)
      for (const listener of listeners) socket.on('data', listener as (chunk: Buffer) => void)
      resolve(count)
    }
    socket.on('data', onData)
    socket.write(lookup())
  })
}

function lookup(): Buffer {
  const address = Buffer.from(all[Math.floor(Math.random() * addresses)] ?? '')
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
