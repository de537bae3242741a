/** Several gateways over one PostgreSQL: what more of them give, to how many clients, and how often an API is asked. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type DebianServer,
  debianPrograms,
  startTemporaryServer,
} from '@millrace/sql-engine/testing/debian-postgres'
import { buildCommand, MillraceProcess } from 'millrace/testing/millrace-process'
import pg from 'pg'
import type { Benchmark } from './benchmark.js'
import { lookedUp, lookup, prepareLookup } from './point-lookup.js'
import { requestsPerSecond } from './requests-per-second.js'
import type { SandboxProcess } from './sandbox-process.js'

const numbersOfGateways = [1, 2, 4]
const numbersOfClients = [1, 8, 50, 200]
const roundMs = 2_000

const options = '-c millrace.cache_ttl=3600'

export const scale: Benchmark = {
  name: 'scale',
  meaning: `lookups of ${lookedUp.length} cached addresses a second, of 200 clients: 4 gateways over one PostgreSQL / 1 gateway`,
  async run({ sandbox }) {
    if ((await debianPrograms()) === undefined)
      throw new Error("Debian's package postgresql is not installed")
    await buildCommand()
    const lines: string[] = []
    const speeds = new Map<string, number>()
    for (const gateways of numbersOfGateways) {
      const server = await startTemporaryServer()
      const started = await startGateways(gateways, server, sandbox)
      try {
        await sandbox.control('DELETE calls')
        await Promise.all(started.map(askAll))
        const { calls } = Object(await sandbox.control('GET calls?service=ipstack'))
        lines.push(
          `${gateways} gateway(s), each asked for all addresses at the same time: ${calls.length} calls`,
        )
        for (const clients of numbersOfClients) {
          const connections = await Promise.all(
            Array.from({ length: clients }, (_, index) =>
              prepareLookup({ connectionString: started[index % gateways]?.url, options }, 'ipstack_ip'),
            ),
          )
          const speed = await requestsPerSecond(connections, lookup, '2', roundMs)
          speeds.set(`${gateways} ${clients}`, speed)
          lines.push(`${gateways} gateway(s), ${clients} client(s): ${speed.toFixed(0)} lookups/s`)
        }
      } finally {
        await Promise.all(started.map((one) => one.stop()))
        await server.stop()
      }
    }
    return { ratio: (speeds.get('4 200') ?? 0) / (speeds.get('1 200') ?? 1), lines }
  },
}

interface StartedGateway {
  readonly url: string
  stop(): Promise<void>
}

async function startGateways(
  count: number,
  server: DebianServer,
  sandbox: SandboxProcess,
): Promise<readonly StartedGateway[]> {
  const started: StartedGateway[] = []
  for (let index = 0; index < count; index++) {
    const home = await mkdtemp(join(tmpdir(), 'millrace-scale-'))
    const gateway = new MillraceProcess([], {
      ...sandbox.environment,
      MILLRACE_HOME: home,
      MILLRACE_PORT: '0',
      MILLRACE_ENGINE_URL: server.url(),
      MILLRACE_ENGINE_CLIENT_URL: server.url('millrace'),
    })
    const stop = async () => {
      await gateway.end('SIGTERM')
      await rm(home, { recursive: true, force: true })
    }
    started.push({ url: await gateway.url(), stop })
  }
  return started
}

async function askAll({ url }: StartedGateway): Promise<void> {
  const client = new pg.Client({ connectionString: url, options })
  await client.connect()
  await client.query('select count(city) from ipstack_ip where ip = any ($1::inet[])', [lookedUp])
  await client.end()
}
