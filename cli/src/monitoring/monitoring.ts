/** Lets others watch a server: what it counts, and whether it is well. */
import type { Service } from '@millrace/server/service'
import { answers } from '@millrace/sql-engine/postgres/answers'
import type { Postgres } from '@millrace/sql-engine/postgres/postgres'
import type { Logger } from 'pino'
import type { ListenSettings } from '../config/settings.js'
import { readVersion } from '../version.js'
import { serveMonitoring } from './http.js'
import { Metrics } from './metrics.js'

export interface Monitoring {
  /** What has to be told of statements, scans and restarts. */
  readonly metrics: Metrics
  /** Called once the service serves. */
  watch(service: Service<Postgres>): void
  /** The service begins to stop: it is not ready any more. */
  unwatch(): void
  stop(): Promise<void>
}

/** How long PostgreSQL's answer is awaited, in milliseconds. */
const patience = 2_000

/** @throws UserError where the address cannot be listened at */
export async function startMonitoring(listen: ListenSettings, log: Logger): Promise<Monitoring> {
  let service: Service<Postgres> | undefined
  let isLeaving = false
  let asking: Promise<boolean> | undefined
  // However many ask, PostgreSQL is asked once at a time.
  const isReady = async () => {
    if (service === undefined || isLeaving) return false
    asking ??= answers(service.postgres.engineConfig, patience).finally(() => {
      asking = undefined
    })
    return (await asking) && !isLeaving
  }
  const metrics = new Metrics({
    version: await readVersion(),
    readings: () => service && { sessions: service.gateway.sessions, callLoads: service.engine.callLoads },
    isReady,
  })
  const onError = (error: unknown) => log.error({ err: error }, 'monitoring failed')
  const http = await serveMonitoring({ listen, isReady, metrics, onError })
  log.info({ host: listen.host, port: http.port }, 'monitoring listens')
  return {
    metrics,
    watch: (started) => {
      service = started
    },
    unwatch: () => {
      isLeaving = true
    },
    stop: () => http.stop(),
  }
}
