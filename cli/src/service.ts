/** The service: PostgreSQL, engine and gateway, started in order and stopped together. */
import { type Gateway, startGateway } from '@millrace/server/gateway'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { Engine } from '@millrace/sql-engine/engine'
import type { AggregatorOptions } from '@millrace/sql-engine/fetch/aggregator'
import type { ConnectionOptions } from '@millrace/sql-engine/fetch/connection'
import { startEmbeddedPostgres } from '@millrace/sql-engine/postgres/embedded-postgres'
import { clientRole, databaseName } from '@millrace/sql-engine/postgres/names'
import type { Logger } from 'pino'
import { type ConnectionAddress, reachableHost } from './address.js'
import { loadCertificate } from './certificate-files.js'
import { isAggregator } from './config/configuration.js'
import { warnOfOpenFile } from './config/file-permissions.js'
import type { Environment, ListenSettings, Settings } from './config/settings.js'
import { loadOrCreatePassword } from './password.js'
import { loadPlugin } from './plugins/load-plugin.js'
import { reload } from './reload.js'
import type { StartedParts } from './started-parts.js'
import { UserError } from './user-error.js'

export interface ServiceOptions {
  /** Called once for the start, and whenever they are to be read again. */
  readonly readSettings: () => Promise<Settings>
  /** Where plugins look for credentials. */
  readonly environment: Environment
  readonly log: Logger
}

/** A service that runs. */
export interface Service {
  /** Where clients connect. */
  readonly address: ConnectionAddress
  /** Reads again what can be read again, for clients that are yet to come. Never rejects. */
  reload(): Promise<void>
}

/**
 * Starts the service. What has been started is among the parts, also where a later part fails.
 * @throws UserError or DatabaseError that says what is in the way
 */
export async function startService(options: ServiceOptions, parts: StartedParts): Promise<Service> {
  const { readSettings, environment, log } = options
  const settings = await readSettings()
  await warnOfOpenFile(settings, log)
  const { home, listen } = settings
  let engine: Engine | undefined
  let gateway: Gateway | undefined
  const starting = startEmbeddedPostgres({
    home,
    log,
    onCrash: () => {
      engine?.forgetRows()
      gateway?.closeAll(engineCrashed())
    },
  })
  parts.add(starting, async () => (await starting.catch(() => undefined))?.stop())
  // Plugins load while PostgreSQL starts.
  const [postgres, connections] = await Promise.all([starting, loadConnections(settings)])
  const [firstPassword, tls] = await Promise.all([loadOrCreatePassword(home), loadCertificate(settings)])
  let password = firstPassword
  const cache = { ttl: settings.cache.ttl * 1000, maxBytes: settings.cache.max_size_mb * 1024 * 1024 }
  const { max_api_calls, max_keys, max_rows, max_bytes } = settings.limits
  const limits = { apiCalls: max_api_calls, keys: max_keys, rows: max_rows, bytes: max_bytes }
  const startedEngine = parts.add(
    await Engine.start({ postgres, connections, environment, log, cache, quotas: limits }),
    (started) => started.stop(),
  )
  engine = startedEngine
  const startedGateway = await startGateway({
    ...listen,
    engine: startedEngine,
    backend: postgres,
    passwordOf: (user) => (user === clientRole ? password : undefined),
    log,
    ...(tls === undefined ? {} : { tls }),
  }).catch((error: unknown) => {
    throw listenFailure(error, listen)
  })
  gateway = parts.add(startedGateway, (started) => started.stop())
  const address = {
    host: reachableHost(listen.host),
    port: startedGateway.port,
    user: clientRole,
    password,
    database: databaseName,
  }
  await startedEngine.setLoopback(address)
  let reloading: Promise<void> = Promise.resolve()
  return {
    address,
    reload: () => {
      reloading = reloading.then(() =>
        reload({
          settings,
          readSettings,
          apply: async (read) => {
            startedGateway.setCertificate(read.tls)
            password = read.password
            await startedEngine.setLoopback({ ...address, password })
          },
          log,
        }),
      )
      return reloading
    },
  }
}

function loadConnections({
  connections,
  home,
}: Settings): Promise<(ConnectionOptions | AggregatorOptions)[]> {
  return Promise.all(
    Object.entries(connections).map(async ([name, connection]) => {
      const plugin = await loadPlugin(connection.plugin, home)
      if (isAggregator(connection)) {
        const { connections: members, on_member_failure: onMemberFailure } = connection
        return { name, plugin, members, onMemberFailure }
      }
      const { plugin: _, cache_ttl, max_concurrency, rate_limits, call_timeout, ...more } = connection
      const { max_answer_mb, ignore_error_codes, ignore_error_messages, ...settings } = more
      const limits = {
        maxConcurrency: max_concurrency,
        rates: rate_limits,
        callTimeout: milliseconds(call_timeout),
        maxAnswerBytes: max_answer_mb === undefined ? undefined : Math.round(max_answer_mb * 1024 ** 2),
      }
      const ignored = { codes: ignore_error_codes, messages: ignore_error_messages }
      return { name, plugin, settings, cacheTtl: milliseconds(cache_ttl), limits, ignored }
    }),
  )
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000
}

/** Clients' sessions are gone with the server behind them. */
function engineCrashed(): DatabaseError {
  return new DatabaseError('terminating connection because the engine has ended unexpectedly', {
    sqlState: '57P01',
    hint: 'It is being started again: connect again, and repeat what was not committed.',
  })
}

function listenFailure(error: unknown, { host, port }: ListenSettings): unknown {
  const { code } = Object(error)
  switch (code) {
    case 'EADDRINUSE':
      return new UserError(`port ${port} of ${host} is in use; set MILLRACE_PORT to another`, 1, error)
    case 'EACCES':
      return new UserError(`port ${port} is not for ordinary users; set MILLRACE_PORT to another`, 1, error)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new UserError(`this machine has no address ${host}; set MILLRACE_HOST to another`, 1, error)
    default:
      return error
  }
}
