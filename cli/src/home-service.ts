/** A server with all that a home says: its settings, connections, password and certificate. */
import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Plugin } from '@millrace/plugin-sdk'
import type { Address } from '@millrace/server/service'
import type { StatementObserver } from '@millrace/server/session/statement-watch'
import type { StartedParts } from '@millrace/server/started-parts'
import type { Engine } from '@millrace/sql-engine/engine'
import { unattendedScope, withinPlugin } from '@millrace/sql-engine/fetch/plugin-work'
import { makeHome } from '@millrace/sql-engine/postgres/home'
import type { Postgres } from '@millrace/sql-engine/postgres/postgres'
import type { Logger } from 'pino'
import { loadCertificate } from './certificate-files.js'
import { warnOfOpenFiles } from './config/file-permissions.js'
import type { Environment, ListenSettings, Settings } from './config/settings.js'
import { watchFiles } from './config/watch-files.js'
import { configurationFacts } from './configuration-facts.js'
import { type LoadedConnections, loadConnections } from './connections/configured.js'
import type { MovableLog } from './log.js'
import type { Monitoring } from './monitoring/monitoring.js'
import { engineObservers, statementObservers } from './monitoring/observers.js'
import type { Tracing } from './monitoring/tracing.js'
import { readPassword } from './password.js'
import { reload } from './reload.js'
import { encryptionOf, recordService, removeServiceRecord, type ServiceRecord } from './service/record.js'
import { startEngine } from './start-engine.js'
import { UserError } from './user-error.js'
import { type LoadedUsers, loadUsers } from './users/service-users.js'

export interface HomeOptions {
  /**
   * Called once at the start, and whenever they must be read again.
   * @param before what was read last, and was well
   */
  readonly readSettings: (before?: Settings) => Promise<Settings>
  /** Where plugins look for credentials. */
  readonly environment: Environment
  readonly log: Logger
  /** Takes the log to the file that the settings name; without it, they are not asked. */
  readonly moveLogToFile?: MovableLog['moveToFile']
  /** Whether changes of the configuration's files are followed. Default is no. */
  readonly watch?: boolean
  /**
   * Ends the grace that the settings give to running statements when the service stops; without it, there is none.
   */
  readonly hurry?: AbortSignal
  /** What is written down of it for commands that look for it. */
  readonly record: Pick<ServiceRecord, 'purpose' | 'listening'>
}

/** How many files of the log are kept beside the one that is written. */
const keptLogFiles = 5

/** A running service. */
export interface Service {
  /** Where clients connect. */
  readonly address: Address
  /** Reads again what can be read again. Never rejects. */
  reload(): Promise<void>
  /** Takes no more clients. Resolves when the last one has gone by itself. */
  drain(): Promise<void>
}

/**
 * Starts the service of a home. What has been started is among the parts, even where a later part fails.
 * @throws UserError or DatabaseError that says what is in the way
 */
export async function startHome(options: HomeOptions, parts: StartedParts): Promise<Service> {
  const { readSettings, environment, log, record, hurry } = options
  const settings = await readSettings()
  const { home, listen, values } = settings
  // The environment's level holds already.
  if (!environment.MILLRACE_LOG && settings.origins.has('log')) log.level = values.log
  const { moveLogToFile } = options
  if (values.log_file !== null && moveLogToFile !== undefined) {
    await moveLog(settings, values.log_file, moveLogToFile)
  }
  for (const notice of settings.notices) log.warn(notice)
  await warnOfOpenFiles(settings, log)
  let connections: LoadedConnections | undefined
  let users: LoadedUsers | undefined
  let last = settings
  let requiresTls: boolean | undefined
  let reloading: Promise<void> = Promise.resolve()
  // One that waits for a statement is given up when the service stops, and must not keep it from that.
  parts.add(undefined, () => reloading)
  let crashed = () => {}
  const isService = record.purpose === 'service'
  const monitoring = isService ? monitor(settings, log) : undefined
  monitoring?.catch(() => {}) // told where it is waited for, below
  parts.add(monitoring, async () => (await monitoring?.catch(() => undefined))?.stop())
  const { starting, atWork } = startApart(settings, log, () => crashed())
  parts.add(starting, async () => (await starting.catch(() => undefined))?.stop())
  // PostgreSQL starts in a process of its own, as early as possible; meanwhile this one loads all the rest.
  await atWork
  const tracing = isService ? startTracing(settings, environment, log) : undefined
  parts.add(tracing, async () => (await tracing)?.stop())
  const [{ startService }, watching, traces] = await Promise.all([
    import('@millrace/server/service'),
    monitoring,
    tracing,
  ])
  const observer = watching?.metrics
  const observers = [observer, traces].flatMap((one) => (one === undefined ? [] : [one]))
  const statementObserver = await statementObserverOf(settings, observers, log)
  const service = await startService(
    {
      ...listen,
      environment,
      log,
      cache: { ttl: values['cache.ttl'] * 1000, maxBytes: values['cache.max_size_mb'] * 1024 * 1024 },
      quotas: {
        apiCalls: values['limits.max_api_calls'],
        keys: values['limits.max_keys'],
        rows: values['limits.max_rows'],
        bytes: values['limits.max_bytes'],
      },
      decodeThreads: values.decode_threads ?? undefined,
      engineObserver: engineObservers(observers),
      statementObserver,
      facts: () => configurationFacts(settings, last),
      // Whoever asks one query has been told by the server, or does not want to know.
      tellsOfLimits: isService,
      grace: () => ({
        milliseconds: hurry === undefined ? 0 : last.values['shutdown.grace_seconds'] * 1000,
        cut: hurry,
      }),
      loopbackHost: values['engine.gateway_host'] ?? undefined,
      sharesLimits: values['limits.shared'],
      citusDistributeRows: values['engine.citus_distribute_rows'] ?? undefined,
      searchPath: { path: values.search_path ?? undefined, prefix: values.search_path_prefix },
      startPostgres: (onCrash) => {
        crashed = () => {
          observer?.engineRestarted()
          onCrash()
        }
        return starting
      },
      configure: async (postgres) => {
        const [loaded] = await Promise.all([loadConnections(settings, environment), postgres])
        connections = loaded
        const [password, tls] = await Promise.all([readPassword(settings), loadCertificate(settings)])
        requiresTls = tls?.isRequired
        users = await loadUsers(settings, environment)
        for (const fault of users.faults) log.error(fault)
        return { connections: loaded.configured, password, tls, users: users.users }
      },
    },
    parts,
  ).catch((error: unknown) => {
    throw listenFailure(error, listen)
  })
  watching?.watch(service)
  parts.add(watching, (watched) => watched?.unwatch())
  // Removed first: nobody is led to a service that stops.
  parts.add(home, removeServiceRecord)
  const consolePort =
    isService && values.console !== false
      ? await serveConsole(
          { settings, address: service.address, encryption: () => encryptionOf({ requiresTls }), log },
          parts,
        )
      : undefined
  const started = new Date().toISOString()
  const writeRecord = () =>
    recordService(home, service.address, {
      ...record,
      started,
      listensOn: listen.host,
      requiresTls,
      console: consolePort,
    })
  await writeRecord()
  const reloadOnce = async () => {
    last = await reload({
      settings,
      last,
      readSettings,
      apply: async (read) => {
        const loaded = await loadConnections(read.settings, environment, connections)
        for (const fault of loaded.kept) log.error(fault)
        // It may be rejected; then nothing has been taken over.
        await service.engine.setConnections(loaded.configured)
        connections = loaded
        service.gateway.setCertificate(read.tls)
        requiresTls = read.tls?.isRequired
        await writeRecord()
        users = await loadUsers(read.settings, environment, users)
        for (const fault of users.faults) log.error(fault)
        await service.setUsers(read.password, users.users)
      },
      log,
    })
  }
  const readAgain = () => {
    reloading = reloading.then(reloadOnce)
    return reloading
  }
  if (options.watch === true && values.watch) {
    const following = watchFiles(home, log, () => void readAgain())
    parts.add(following, (watch) => watch.close())
  }
  if (isService) {
    const plugins = new Set(
      (connections?.configured ?? []).flatMap(({ plugin }) => ('preload' in plugin ? [plugin] : [])),
    )
    // Last: it keeps this process busy, and nobody who waits for the start waits for it.
    parts.add(preloadAll(service.engine, plugins, log), (preloading) => preloading)
  }
  return { address: service.address, reload: readAgain, drain: () => service.gateway.drain() }
}

interface StartApart {
  readonly starting: Promise<Postgres>
  /** Resolves when a process of its own is at work, or there is none to wait for. Never rejects. */
  readonly atWork: Promise<void>
}

/** Starts PostgreSQL. Where that fails, `starting` tells it. */
function startApart(settings: Settings, log: Logger, onCrash: () => void): StartApart {
  let onSpawn = () => {}
  const atWork = new Promise<void>((resolve) => {
    onSpawn = resolve
  })
  const starting = startEngine(settings, log, { onCrash, onSpawn })
  starting.then(onSpawn, onSpawn)
  // A server of the user's runs already.
  if (settings.values['engine.url'] !== null) onSpawn()
  return { starting, atWork }
}

/** Listens for those who watch the server, where the settings ask for it; what that takes is loaded only then. */
async function monitor({ values }: Settings, log: Logger): Promise<Monitoring | undefined> {
  const port = values['monitoring.port']
  if (port === null) return undefined
  const { startMonitoring } = await import('./monitoring/monitoring.js')
  return startMonitoring({ host: values['monitoring.host'], port }, log)
}

interface ServedConsole {
  readonly settings: Settings
  readonly address: Address
  /** How the service's port is reached, which may change while it runs. */
  readonly encryption: () => ReturnType<typeof encryptionOf>
  readonly log: Logger
}

/**
 * Serves the page of the console; what that takes is loaded only then.
 * @returns its port
 */
async function serveConsole(
  { settings, address, encryption, log }: ServedConsole,
  parts: StartedParts,
): Promise<number> {
  const [{ startConsole }, password] = await Promise.all([
    import('./console-server/start-console.js'),
    readPassword(settings),
  ])
  const { host, port, user, database } = address
  const wanted = settings.values.console
  const listening = await startConsole(
    {
      port: typeof wanted === 'number' ? wanted : 0,
      password,
      writes: false,
      connect: async () => ({ host, port, user, database, password, ssl: encryption() }),
      onError: (error) => log.error({ err: error }, 'the console failed'),
    },
    parts,
  )
  log.info({ port: listening }, 'the console listens')
  return listening
}

/** @throws UserError where the file cannot be written */
async function moveLog(
  { home, values, origins }: Settings,
  file: string,
  moveToFile: MovableLog['moveToFile'],
): Promise<void> {
  await makeHome(home)
  const path = resolve(home, file)
  const longest = values.log_file_max_size_mb * 1024 * 1024
  try {
    moveToFile({ path, longest, kept: keptLogFiles })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new UserError(`log_file (${origins.get('log_file')}): the file cannot be written: ${why}`, 1, error)
  }
}

/** Sends traces, where the settings or OpenTelemetry's own variables ask for it; what that takes is loaded only then. */
async function startTracing(
  { values }: Settings,
  environment: Environment,
  log: Logger,
): Promise<Tracing | undefined> {
  const endpoint = values['tracing.endpoint'] ?? undefined
  if (endpoint === undefined && !asksForTraces(environment)) return undefined
  const tracing = await import('./monitoring/tracing.js')
  return tracing.startTracing(endpoint, log)
}

/** https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
function asksForTraces(environment: Environment): boolean {
  const { OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER } = environment
  if (OTEL_SDK_DISABLED?.toLowerCase() === 'true' || OTEL_TRACES_EXPORTER === 'none') return false
  return Boolean(environment.OTEL_EXPORTER_OTLP_ENDPOINT || environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)
}

async function statementObserverOf(
  { values }: Settings,
  observers: readonly StatementObserver[],
  log: Logger,
): Promise<StatementObserver | undefined> {
  if (!values.log_statements) return statementObservers(observers)
  const { statementLog } = await import('./monitoring/statement-log.js')
  return statementObservers([...observers, statementLog(log)])
}

/** Never rejects: what could not be loaded is told of by the query that needs it. */
async function preloadAll(engine: Engine, plugins: Iterable<Plugin>, log: Logger): Promise<void> {
  await setImmediate()
  await engine.preload()
  for (const plugin of plugins) {
    try {
      await withinPlugin(unattendedScope(plugin.name, 'loading the rest of it'), () => plugin.preload?.())
    } catch (error) {
      log.warn({ err: error }, 'a plugin could not be loaded whole')
    }
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
