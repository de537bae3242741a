/** The engine as a guest in a PostgreSQL that its user has. */
import { realpath } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, type ClientConfig, DatabaseError as ServerError } from 'pg'
import type { Logger } from 'pino'
import { DatabaseError } from '../../database-error.js'
import { guestEngineOptions, withEngineClient } from '../engine-connections.js'
import { makeHome } from '../home.js'
import { type HomeLock, lockFolder, lockHome } from '../home-lock.js'
import { makeFolder } from '../make-folder.js'
import { guestSchemas, type Names, readerRole, systemSchema } from '../names.js'
import type { Postgres, SessionLogin, SessionServer } from '../postgres.js'
import type { ServerPlace } from '../server-place.js'
import type { Guest } from '../standing.js'
import { limitSettings, noLimits, type StatementLimits } from '../statement-limits.js'
import { type EngineUrl, placeOf, readEngineUrl, wrongUrl } from './engine-url.js'
import { NotifyChannel } from './notify-channel.js'
import { type Hold, lookAtServer, markTable, takeHold } from './prepare-guest.js'
import type { ServerFacts } from './server-facts.js'
import { sessionQuestion } from './session-settings.js'

export interface GuestUrls {
  /** The engine's own connection. */
  readonly url: string
  /** Clients' sessions; by default they have the engine's role. */
  readonly clientUrl?: string | undefined
  /** Sessions of clients that may only read; by default there are none. */
  readonly readerUrl?: string | undefined
}

export interface GuestPostgresOptions extends GuestUrls {
  /** The folder for the gateway's own state, which one process at a time may use; made if it is missing. */
  readonly home: string
  readonly log: Logger
  /** Of which PostgreSQL lets a superuser alone set that of temporary files. Default is none. */
  readonly limits?: Omit<StatementLimits, 'temporaryFiles'> | undefined
  /** Called when the server has been lost. All sessions are gone, or must go; it is looked for again. */
  readonly onCrash?: (error: Error) => void
}

/** How often, in milliseconds, the server is asked whether it is still there, and how long it may take to answer. */
const heartbeat = { every: 15_000, patience: 10_000 }

/** Pauses after attempts that have failed, in milliseconds; the last one is repeated. */
const pauses = [100, 500, 2_000, 5_000, 10_000]
/** The number of failed attempts after which those that wait get an error. */
const patientAttempts = 4

/** The names of the settings, for errors. */
export const urlNames = {
  url: 'engine.url (MILLRACE_ENGINE_URL)',
  clientUrl: 'engine.client_url (MILLRACE_ENGINE_CLIENT_URL)',
  readerUrl: 'engine.reader_url (MILLRACE_ENGINE_READER_URL)',
} as const

/** What the URLs say, with the server's place. */
export interface GuestAddress {
  readonly names: Names
  readonly place: ServerPlace
  readonly engineConfig: ClientConfig
  readonly client: EngineUrl
  readonly reader: EngineUrl | undefined
}

/** @throws DatabaseError F0000 for a URL that cannot be used, Error when the server cannot be reached */
export async function guestAddress(urls: GuestUrls): Promise<GuestAddress> {
  const { engine, client, reader } = readUrls(urls)
  const place = await reaching(engine, () => placeOf(engine, urlNames.url))
  return { names: guestNames(urls), place, engineConfig: configOf(engine, place), client, reader }
}

/** @throws DatabaseError F0000 for a URL that cannot be used */
export function guestNames(urls: GuestUrls): Names {
  const { engine, client, reader } = readUrls(urls)
  return {
    ...guestSchemas,
    database: engine.database,
    engineRole: engine.user,
    clientRole: client.user,
    readerRole: reader?.user,
  }
}

/** What is to be known of the server before anything is done there. @throws DatabaseError that names it */
export async function lookAtGuestServer(urls: GuestUrls): Promise<ServerFacts> {
  const { engineConfig } = await guestAddress(urls)
  return reaching(readUrls(urls).engine, () => lookAtServer(engineConfig))
}

function readUrls({ url, clientUrl, readerUrl }: GuestUrls) {
  const engine = readEngineUrl(url, urlNames.url)
  return {
    engine,
    client: otherRole(clientUrl, engine, urlNames.clientUrl) ?? engine,
    reader: otherRole(readerUrl, engine, urlNames.readerUrl),
  }
}

function otherRole(text: string | undefined, engine: EngineUrl, name: string): EngineUrl | undefined {
  if (text === undefined) return undefined
  const other = readEngineUrl(text, name)
  if (other.host !== engine.host || other.port !== engine.port || other.database !== engine.database) {
    throw wrongUrl(name, 'It must have the host, the port and the database of engine.url, and another role.')
  }
  return other
}

function configOf({ user, password, database, host, port }: EngineUrl, place: ServerPlace): ClientConfig {
  return {
    host,
    port,
    user,
    // Without one, pg would look into the environment, which may hold one for something else.
    password: password ?? '',
    database,
    application_name: 'millrace',
    ssl: place.kind === 'network' && place.encryption !== undefined ? place.encryption : false,
    keepAlive: true,
    connectionTimeoutMillis: 15_000,
    options: guestEngineOptions,
  }
}

/** @throws DatabaseError when it is in the way there, in words of what the user can change */
export async function startGuestPostgres(options: GuestPostgresOptions): Promise<Postgres> {
  const lock = await holdHome(options.home)
  try {
    return await startLocked(options, lock)
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function holdHome(path: string): Promise<HomeLock> {
  await makeHome(path)
  const folder = lockFolder(await realpath(path))
  await makeFolder(folder, 0o700)
  return lockHome(folder)
}

async function startLocked(options: GuestPostgresOptions, lock: HomeLock): Promise<Postgres> {
  const address = await guestAddress(options)
  const { names, engineConfig, client } = address
  const hold = await reaching(readEngineUrl(options.url, urlNames.url), () =>
    takeHold(engineConfig, names, options.log),
  )
  try {
    const usualSearchPath = await reaching(client, () => searchPathOf(configOf(client, address.place), names))
    const postgres = new GuestPostgres(options, { ...address, lock, usualSearchPath }, hold)
    await postgres.start()
    return postgres
  } catch (error) {
    await hold.client.end()
    throw error
  }
}

/** `"$user"` is left out where it stands for Millrace's own schema, as in the embedded PostgreSQL. */
async function searchPathOf(config: ClientConfig, names: Names): Promise<string> {
  const client = new Client({ ...config, options: '-c statement_timeout=0' })
  client.on('error', () => {}) // told by the question that it keeps from being answered
  try {
    await client.connect()
    const { rows } = await client.query<{ search_path: string }>('SHOW search_path')
    const path = rows[0]?.search_path ?? ''
    return names.clientRole === systemSchema ? path.replace(/"\$user",?\s*/, '') : path
  } finally {
    await client.end()
  }
}

type State =
  | { readonly kind: 'running'; readonly hold: Hold }
  | { readonly kind: 'starting'; readonly settled: Promise<void> }
  | { readonly kind: 'failing'; readonly error: Error }
  | { readonly kind: 'stopped' }

class GuestPostgres implements Postgres {
  readonly names: Names
  readonly standing: Guest
  readonly engineConfig: ClientConfig
  readonly sessions: SessionServer
  readonly peers: NotifyChannel
  readonly #options: GuestPostgresOptions
  readonly #address: GuestAddress
  readonly #lock: HomeLock
  readonly #identity: string
  readonly #stopping = new AbortController()
  #state: State
  #supervision: Promise<void> = Promise.resolve()
  #stopped: Promise<void> | undefined

  constructor(
    options: GuestPostgresOptions,
    address: GuestAddress & { readonly lock: HomeLock; readonly usualSearchPath: string },
    hold: Hold,
  ) {
    const { lock, usualSearchPath } = address
    this.#lock = lock
    const { version, loopback, identity } = hold.facts
    this.names = address.names
    this.engineConfig = address.engineConfig
    const sessionSettings = new Map(Object.entries(limitSettings({ ...noLimits, ...options.limits })))
    this.standing = { kind: 'guest', version, loopback, usualSearchPath, sessionSettings }
    this.#options = options
    this.#address = address
    this.#identity = identity
    this.#state = { kind: 'running', hold }
    this.peers = new NotifyChannel(options.log)
    this.sessions = {
      place: address.place,
      login: (user) => this.#login(user),
      settings: this.standing.sessionSettings,
      identity: {
        question: sessionQuestion(this.names),
        isExpected: (answer) => this.#isExpected(answer),
      },
      analyses: (processId) => this.#analyses(processId),
    }
  }

  async start(): Promise<void> {
    if (this.#state.kind !== 'running') return
    const { hold } = this.#state
    await this.#attach(hold)
    this.#supervision = this.#supervise(hold)
  }

  async #attach({ client }: Hold): Promise<void> {
    try {
      await this.peers.attach(client)
    } catch (error) {
      await client.end()
      throw error
    }
  }

  ready(): Promise<void> {
    switch (this.#state.kind) {
      case 'running':
        return Promise.resolve()
      case 'starting':
        return this.#state.settled
      case 'failing':
        return Promise.reject(unavailable(this.#state.error))
      case 'stopped':
        return Promise.reject(unavailable())
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const state = this.#state
    this.#state = { kind: 'stopped' }
    this.#stopping.abort()
    if (state.kind === 'running') await state.hold.client.end()
    await this.#supervision
    await this.#lock.release()
  }

  #login(user: string): SessionLogin {
    const { client, reader } = this.#address
    if (user !== readerRole) return { role: client.user, password: client.password }
    if (reader !== undefined) return { role: reader.user, password: reader.password }
    throw new DatabaseError(`"${readerRole}" has no role in this PostgreSQL`, {
      sqlState: '28000', // invalid_authorization_specification
      detail:
        'Those that may only read, such as models by millrace mcp, need a role that may do nothing else.',
      hint: 'Set engine.reader_url (MILLRACE_ENGINE_READER_URL); see docs/own-postgres.md.',
    })
  }

  /** Where a session has got to another server, or to another life of it, the hold is looked at at once. */
  #isExpected(answer: string | undefined): boolean {
    if (this.#state.kind !== 'running') return false
    const { hold } = this.#state
    if (answer === hold.mark) return true
    void this.#isAlive(hold).then((isAlive) => {
      if (!isAlive) drop(hold.client)
    })
    return false
  }

  async #analyses(processId: number): Promise<boolean> {
    const { rowCount } = await withEngineClient(this.engineConfig, (client) =>
      client.query('SELECT FROM pg_stat_progress_analyze WHERE pid = $1', [processId]),
    )
    return rowCount !== 0
  }

  /** Runs as long as the server is wanted. Never rejects. */
  async #supervise(first: Hold): Promise<void> {
    let hold: Hold | undefined = first
    while (hold !== undefined) {
      await this.#lost(hold)
      if (this.#stopping.signal.aborted) return
      this.#options.log.error('PostgreSQL has been lost, and is looked for again')
      hold = await this.#find()
    }
  }

  /** Resolves when the connection is gone. */
  async #lost(hold: Hold): Promise<void> {
    const { client } = hold
    const timer = setInterval(() => {
      void this.#isAlive(hold).then((isAlive) => {
        if (!isAlive) drop(client)
      })
    }, heartbeat.every)
    timer.unref()
    await new Promise<void>((resolve) => client.once('end', () => resolve()))
    clearInterval(timer)
  }

  /** Whether the server answers in time, and is in the life that it was in. Never rejects. */
  async #isAlive({ client, mark }: Hold): Promise<boolean> {
    const timer = new AbortController()
    const late = delay(heartbeat.patience, false, { signal: timer.signal }).catch(() => false)
    const asked = client.query<{ mark: string }>(`SELECT mark FROM ${markTable(this.names)}`).then(
      ({ rows }) => rows[0]?.mark === mark,
      () => false,
    )
    try {
      return await Promise.race([asked, late])
    } finally {
      timer.abort()
    }
  }

  /** @returns undefined when it has been stopped meanwhile */
  async #find(): Promise<Hold | undefined> {
    const { promise, resolve, reject } = withResolvers()
    promise.catch(() => {}) // the rejection is for those who wait in ready(); there may be none
    this.#state = { kind: 'starting', settled: promise }
    try {
      this.#options.onCrash?.(new Error('the connection to PostgreSQL was lost'))
    } catch (error) {
      this.#options.log.error({ err: error }, 'sessions could not be ended')
    }
    const { signal } = this.#stopping
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        if (failures > 0) await delay(pauses[Math.min(failures, pauses.length) - 1], undefined, { signal })
        const hold = await takeHold(this.engineConfig, this.names, this.#options.log)
        const isOther = hold.facts.identity !== this.#identity
        if (signal.aborted || isOther) await hold.client.end()
        if (isOther) throw otherDatabase()
        if (signal.aborted) break
        await this.#attach(hold)
        this.#state = { kind: 'running', hold }
        resolve()
        this.#options.log.info('PostgreSQL has been found again')
        return hold
      } catch (cause) {
        if (signal.aborted) break
        const error = cause instanceof Error ? cause : new Error(String(cause))
        this.#options.log.error({ err: error, failures }, 'PostgreSQL could not be reached')
        if (failures + 1 >= patientAttempts) {
          this.#state = { kind: 'failing', error }
          reject(unavailable(error))
        }
      }
    }
    reject(unavailable())
    return undefined
  }
}

/** Ends a connection that may not answer any more. */
function drop(client: Client): void {
  const stream: unknown = Reflect.get(Object(Reflect.get(client, 'connection')), 'stream')
  if (stream instanceof Object && 'destroy' in stream && typeof stream.destroy === 'function')
    stream.destroy()
}

function withResolvers() {
  let resolve = () => {}
  let reject = (_error: Error) => {}
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve: () => resolve(), reject: (error: Error) => reject(error) }
}

function otherDatabase(): DatabaseError {
  return new DatabaseError('another database answers at the URL of the engine than at the start', {
    sqlState: '55000',
    detail:
      'It is one of another server, or has been made anew: its tables are not those that Millrace knows.',
    hint: 'Restart Millrace.',
  })
}

function unavailable(cause?: Error): DatabaseError {
  if (cause === undefined) return new DatabaseError('the engine has been stopped', { sqlState: '57P03' })
  const detail = cause instanceof DatabaseError ? cause.detail : undefined
  return new DatabaseError("the engine's PostgreSQL cannot be used now", {
    sqlState: '57P03',
    detail: [cause.message, detail].filter(Boolean).join('\n'),
    hint: 'It is looked for again all the time.',
    cause,
  })
}

/** @throws DatabaseError that names the server, where it was not reached or has let nobody in */
async function reaching<Result>(
  { host, port, user, database }: EngineUrl,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DatabaseError) throw error
    const message = error instanceof Error ? error.message || String(Object(error).code) : String(error)
    const where = `PostgreSQL at ${host}:${port}`
    if (error instanceof ServerError) {
      throw new DatabaseError(
        `${where} has refused the role "${user}" in the database "${database}": ${message}`,
        {
          sqlState: error.code ?? '08006',
          detail: error.detail,
          hint: error.hint ?? 'See docs/own-postgres.md for what Millrace needs there.',
          cause: error,
        },
      )
    }
    throw new DatabaseError(`${where} cannot be reached: ${message}`, {
      sqlState: '08001', // sqlclient_unable_to_establish_sqlconnection
      hint: 'Check engine.url (MILLRACE_ENGINE_URL), and that the server runs.',
      cause: error,
    })
  }
}
