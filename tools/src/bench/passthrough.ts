/** Point selects on an ordinary table: what the gateway costs those who need no virtual table. */
import pg, { type ClientConfig } from 'pg'
import { type Benchmark, median } from './benchmark.js'
import { connectBare, requestsPerSecond } from './requests-per-second.js'

const clients = 8
const accounts = 100_000
const roundMs = 1_500
const rounds = 5

export const passthrough: Benchmark = {
  name: 'passthrough_tps_ratio',
  meaning:
    'point selects a second through the gateway / straight to the engine, 8 clients (aim: at least 0.5)',
  async run({ millrace }) {
    const setup = new pg.Client(millrace.engine)
    await setup.connect()
    await setup.query(`create table account (id int primary key, balance int not null);
      insert into account select i, i % 1000 from generate_series(1, ${accounts}) i`)
    await setup.query('vacuum analyze account')
    await setup.end()
    const straight: number[] = []
    const relayed: number[] = []
    // Side by side in turns, so that whatever else the machine does hits both.
    for (let round = 0; round < rounds; round++) {
      straight.push(await selectsPerSecond(millrace.engine))
      relayed.push(await selectsPerSecond(millrace.gateway))
    }
    const [engine, gateway] = [median(straight), median(relayed)]
    return {
      ratio: gateway / engine,
      lines: [`straight ${engine.toFixed(0)} selects/s, through the gateway ${gateway.toFixed(0)} selects/s`],
    }
  },
}

async function selectsPerSecond(config: ClientConfig): Promise<number> {
  const connections = await Promise.all(Array.from({ length: clients }, () => connectBare(config)))
  return requestsPerSecond(connections, select, 'T', roundMs)
}

/** A simple query. */
function select(): Buffer {
  const text = `select balance from account where id = ${1 + Math.floor(Math.random() * accounts)}\0`
  const message = Buffer.allocUnsafe(text.length + 5)
  message.writeUInt8(0x51)
  message.writeInt32BE(text.length + 4, 1)
  message.write(text, 5, 'latin1')
  return message
}
