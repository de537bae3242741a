/** Millrace in a process of its own, as it runs for its users; the process that measures asks it. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import aws from '@millrace/plugin-aws/plugin'
import ipstack from '@millrace/plugin-ipstack/plugin'
import { steampipePlugin } from '@millrace/plugin-steampipe/steampipe-plugin'
import { ipstackFreeToken } from '@millrace/sandbox/credentials'
import { startService } from '@millrace/server/service'
import { StartedParts } from '@millrace/server/started-parts'
import { startEmbeddedPostgres } from '@millrace/sql-engine/postgres/embedded-postgres'
import type { ClientConfig } from 'pg'
import { pino } from 'pino'
import { coldConnections } from './cold-connections.js'

export interface MillraceProcess {
  /** Through the gateway. */
  readonly gateway: ClientConfig
  /** Straight to the engine, as the same role. */
  readonly engine: ClientConfig
  /** Resident memory of the process that is the gateway, in bytes. PostgreSQL's processes are others. */
  memory(): Promise<number>
  /** The longest time in which it did nothing else than one thing, in milliseconds, since this was asked last. */
  longestBlock(): Promise<number>
  stop(): Promise<void>
}

interface Started {
  readonly port: number
  readonly socketFolder: string
}

const password = 'benchmark'

/** @param environment of the sandbox */
export async function startMillraceProcess(
  environment: Readonly<Record<string, string>>,
): Promise<MillraceProcess> {
  const home = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  const child = fork(fileURLToPath(import.meta.url), [home], {
    // As a service is started.
    env: { ...process.env, ...environment, NODE_NO_WARNINGS: '1', MALLOC_ARENA_MAX: '2' },
  })
  const { port, socketFolder } = await firstMessage(child)
  const common = { user: 'millrace', password, database: 'millrace' }
  return {
    gateway: { ...common, host: '127.0.0.1', port },
    engine: { ...common, host: socketFolder, port: 5432 },
    memory: () => asked(child, 'memory'),
    longestBlock: () => asked(child, 'longest block'),
    stop: async () => {
      child.send('stop')
      await once(child, 'exit')
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function asked(child: ChildProcess, question: string): Promise<number> {
  const answer = once(child, 'message')
  child.send(question)
  const [number] = await answer
  return number
}

async function firstMessage(child: ChildProcess): Promise<Started> {
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error('Millrace ended before it had started')
    }),
  ])
  return message
}

async function run(home: string): Promise<void> {
  const log = pino({ level: 'warn' }, pino.destination(2))
  const connections = [
    { name: 'aws', plugin: aws, settings: {} },
    { name: 'ipstack', plugin: ipstack, settings: {} },
    // A plan without bulk lookups: each address takes a call.
    {
      name: 'ipstack_single',
      plugin: ipstack,
      settings: { token: ipstackFreeToken },
      limits: { maxConcurrency: 50 },
    },
    ...coldConnections.map((name, index) => ({
      name,
      plugin: ipstack,
      settings: {
        token: ipstackFreeToken,
        endpoint_url: `${process.env.IPSTACK_ENDPOINT}${'/'.repeat(index + 2)}`,
      },
    })),
    ...bridgedConnections(),
    // Its keys are named, so that its limits are not those of the connection above.
    {
      name: 'aws_rated',
      plugin: aws,
      settings: {
        access_key: process.env.AWS_ACCESS_KEY_ID,
        secret_key: process.env.AWS_SECRET_ACCESS_KEY,
      },
      limits: { rates: { FilterLogEvents: 10 } },
    },
  ]
  const parts = new StartedParts()
  const { engine, gateway, postgres } = await startService(
    {
      host: '127.0.0.1',
      port: 0,
      environment: process.env,
      log,
      startPostgres: (onCrash) => startEmbeddedPostgres({ home, log, onCrash }),
      configure: async () => ({ connections, password }),
    },
    parts,
  )
  // As a service does that has time before the first query.
  await engine.preload()
  await aws.preload?.()
  process.send?.({ port: gateway.port, socketFolder: postgres.socketFolder } satisfies Started)
  const delays = monitorEventLoopDelay({ resolution: 1 })
  delays.enable()
  const disconnected = once(process, 'disconnect')
  for (;;) {
    const [message] = await Promise.race([once(process, 'message'), disconnected])
    if (message === 'memory') process.send?.(process.memoryUsage.rss())
    else if (message === 'longest block') {
      process.send?.(delays.max / 1e6)
      delays.reset()
    } else break
  }
  delays.disable()
  await parts.stop()
  if (process.connected) process.disconnect()
}

/** Connections of a plugin of Steampipe, if there is one to measure. */
function bridgedConnections() {
  const { MILLRACE_BENCH_PLUGIN: path } = process.env
  if (path === undefined) return []
  const plugin = steampipePlugin({ name: 'bridge', path })
  return [
    { name: 'bridge', plugin, settings: {} },
    { name: 'bridge_latency', plugin, settings: { latency: 1 } },
  ]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run(process.argv[2] ?? '')
