/** Whom `millrace query` asks: a database that is named, the home's service, or an engine of its own. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { StartedParts } from '@millrace/server/started-parts'
import type { ClientConfig } from 'pg'
import type { Environment } from '../config/settings.js'
import { loadOrCreatePassword } from '../password.js'
import { encryptionOf, findService } from '../service/record.js'
import { UserError } from '../user-error.js'

/**
 * @param url of the option --database
 * @throws UserError where it is none of PostgreSQL's
 */
export function namedDatabase(url: string): ClientConfig {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^postgres(?:ql)?:$/.test(parsed.protocol)) {
    throw new UserError('--database takes a URL such as postgres://user:password@host:5432/name', 2)
  }
  // As libpq understands sslmode; the driver by itself takes "require" for more than it says.
  if (parsed.searchParams.has('sslmode') && !parsed.searchParams.has('uselibpqcompat')) {
    parsed.searchParams.set('uselibpqcompat', 'true')
  }
  return { connectionString: parsed.href }
}

/** A service of the home that takes clients, whoever has started it: one that ends takes none, and may live on for long. */
export async function runningService(home: string): Promise<ClientConfig | undefined> {
  const record = await findService(home)
  if (record === undefined || !(await isListening(record))) return undefined
  const { host, port, user, database } = record
  return { host, port, user, database, password: await loadOrCreatePassword(home), ssl: encryptionOf(record) }
}

async function isListening({
  host,
  port,
}: {
  readonly host: string
  readonly port: number
}): Promise<boolean> {
  const socket = connect(port, host)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** How often another process that has the home is given time to serve or to end, and milliseconds between. */
const attempts = 100
const pause = 100

/** SQLSTATE of a home that another process uses. */
const homeInUse = '55006'

export interface HomeService {
  readonly config: ClientConfig
  /** Where it has been started for the caller: takes no more clients, and resolves when the last one has gone. */
  readonly drain?: () => Promise<void>
}

/**
 * The home's service, or one that is started, and is among the parts. Another process that has the home, and does not
 * serve, is one that starts or ends: it is waited for.
 */
export async function homeService(
  environment: Environment,
  home: string,
  parts: StartedParts,
  signal: AbortSignal,
): Promise<HomeService> {
  for (let attempt = 1; ; attempt++) {
    const running = await runningService(home)
    if (running !== undefined) return { config: running }
    const own = parts.add(new StartedParts(), (started) => started.stop())
    try {
      return await startOwn(environment, own)
    } catch (error) {
      // What has been started so far holds the home.
      await own.stop()
      if (Object(error).sqlState !== homeInUse || attempt === attempts) throw error
      await delay(pause, undefined, { signal })
    }
  }
}

/** Nobody but this machine's users with the home's password can reach it. */
async function startOwn(environment: Environment, parts: StartedParts): Promise<HomeService> {
  // Whoever asks a service that runs has no need of them.
  const [
    { startHome },
    { createLog, logProcessWarnings },
    { readLogLevel, readSettings },
    { containPluginFailures },
  ] = await Promise.all([
    import('../home-service.js'),
    import('../log.js'),
    import('../config/settings.js'),
    import('../plugins/plugin-failures.js'),
  ])
  const log = createLog(readLogLevel(environment))
  logProcessWarnings(log)
  containPluginFailures(log)
  const listen = { host: '127.0.0.1', port: 0 }
  const service = await startHome(
    {
      readSettings: async () => {
        const settings = await readSettings(environment)
        const { tls } = settings
        return { ...settings, listen, tls: typeof tls === 'object' ? { ...tls, require: false } : tls }
      },
      environment,
      log,
      record: { purpose: 'query', listening: {} },
    },
    parts,
  )
  return { config: { ...service.address, ssl: false }, drain: service.drain }
}
