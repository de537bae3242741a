/** A server with all that a home says: its settings, connections, password and certificate. */
import type { Plugin } from '@millrace/plugin-sdk'
import type { Address } from '@millrace/server/service'
import type { StartedParts } from '@millrace/server/started-parts'
import { startEmbeddedPostgres } from '@millrace/sql-engine/postgres/embedded-postgres'
import type { Logger } from 'pino'
import { loadCertificate } from './certificate-files.js'
import { warnOfOpenFile } from './config/file-permissions.js'
import type { Environment, ListenSettings, Settings } from './config/settings.js'
import { loadConnections } from './connections/configured.js'
import { loadOrCreatePassword } from './password.js'
import { reload } from './reload.js'
import { recordService, removeServiceRecord, type ServiceRecord } from './service/record.js'
import { UserError } from './user-error.js'

export interface HomeOptions {
  /** Called once at the start, and whenever they must be read again. */
  readonly readSettings: () => Promise<Settings>
  /** Where plugins look for credentials. */
  readonly environment: Environment
  readonly log: Logger
  /** What is written down of it for commands that look for it. */
  readonly record: Pick<ServiceRecord, 'purpose' | 'listening'>
}

/** A running service. */
export interface Service {
  /** Where clients connect. */
  readonly address: Address
  /** Reads again what can be read again. Never rejects. */
  reload(): Promise<void>
}

/**
 * Starts the service of a home. What has been started is among the parts, even where a later part fails.
 * @throws UserError or DatabaseError that says what is in the way
 */
export async function startHome(options: HomeOptions, parts: StartedParts): Promise<Service> {
  const { readSettings, environment, log, record } = options
  const settings = await readSettings()
  await warnOfOpenFile(settings, log)
  const { home, listen } = settings
  const { max_api_calls, max_keys, max_rows, max_bytes } = settings.limits
  let connected: Awaited<ReturnType<typeof loadConnections>> = []
  let crashed = () => {}
  // PostgreSQL starts in a process of its own; meanwhile this one loads all the rest.
  const starting = startEmbeddedPostgres({ home, log, onCrash: () => crashed() })
  parts.add(starting, async () => (await starting.catch(() => undefined))?.stop())
  starting.catch(() => {}) // told where it is waited for, below
  const { startService } = await import('@millrace/server/service')
  const service = await startService(
    {
      ...listen,
      environment,
      log,
      cache: { ttl: settings.cache.ttl * 1000, maxBytes: settings.cache.max_size_mb * 1024 * 1024 },
      quotas: { apiCalls: max_api_calls, keys: max_keys, rows: max_rows, bytes: max_bytes },
      startPostgres: (onCrash) => {
        crashed = onCrash
        return starting
      },
      configure: async (postgres) => {
        const loading = loadConnections(settings)
        const [connections] = await Promise.all([loading, postgres])
        connected = connections
        const [password, tls] = await Promise.all([loadOrCreatePassword(home), loadCertificate(settings)])
        return { connections, password, tls }
      },
    },
    parts,
  ).catch((error: unknown) => {
    throw listenFailure(error, listen)
  })
  if (record.purpose === 'service') {
    const plugins = new Set(connected.flatMap(({ plugin }) => ('preload' in plugin ? [plugin] : [])))
    parts.add(preloadAll(plugins, log), (preloading) => preloading)
  }
  // Removed first: nobody is led to a service that stops.
  parts.add(home, removeServiceRecord)
  await recordService(home, service.address, { ...record, listensOn: listen.host })
  let reloading: Promise<void> = Promise.resolve()
  return {
    address: service.address,
    reload: () => {
      reloading = reloading.then(() =>
        reload({
          settings,
          readSettings,
          apply: async (read) => {
            // It may be rejected; then nothing has been taken over.
            await service.engine.setConnections(await loadConnections(read.settings))
            service.gateway.setCertificate(read.tls)
            await service.setPassword(read.password)
          },
          log,
        }),
      )
      return reloading
    },
  }
}

/** Never rejects: what could not be loaded is told of by the query that needs it. */
async function preloadAll(plugins: Iterable<Plugin>, log: Logger): Promise<void> {
  for (const plugin of plugins) {
    await plugin
      .preload?.()
      .catch((error: unknown) => log.warn({ err: error }, 'a plugin could not be loaded whole'))
  }
}

function listenFailure(error: unknown, { host, port }: ListenSettings): unknown {
  const { code } = Object(error)
  switch (code) {
    case 'EADDRINUSE':
      return new UserError(
        `port ${port} of ${host} is in use; choose another with --port or MILLRACE_PORT`,
        1,
        error,
      )
    case 'EACCES':
      return new UserError(
        `port ${port} is not for ordinary users; choose another with --port or MILLRACE_PORT`,
        1,
        error,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new UserError(`this machine has no address ${host}; set MILLRACE_HOST to another`, 1, error)
    default:
      return error
  }
}
