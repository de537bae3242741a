/** The engine as a guest in a PostgreSQL that its user has. */
import { realpath } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client, ClientConfig } from 'pg'
import type { Logger } from 'pino'
import { DatabaseError } from '../../database-error.js'
import { Availability } from '../availability.js'
import { withEngineClient } from '../engine-connections.js'
import { makeHome } from '../home.js'
import { type HomeLock, lockFolder, lockHome } from '../home-lock.js'
import { makeFolder } from '../make-folder.js'
import { type Names, readerRole } from '../names.js'
import type { Postgres, SessionLogin, SessionServer } from '../postgres.js'
import type { Guest } from '../standing.js'
import { limitSettings, noLimits, type StatementLimits } from '../statement-limits.js'
import { dropTablesOfDeadGateways } from './dead-gateways.js'
import { configOf, type GuestAddress, type GuestUrls, guestAddress, reaching } from './guest-address.js'
import { GuestPeers } from './guest-peers.js'
import { type Hold, markTable, searchPathOf, takeHold } from './prepare-guest.js'
import { sessionQuestion } from './session-settings.js'
import { noteGateway } from './shared-tables.js'

export interface GuestPostgresOptions extends GuestUrls {
  /** The folder for the gateway's own state, which one process at a time may use; made if it is missing. */
  readonly home: string
  readonly log: Logger
  /** Of which PostgreSQL lets a superuser alone set that of temporary files. Default is none. */
  readonly limits?: Omit<StatementLimits, 'temporaryFiles'> | undefined
  /** Called when the server has been lost. All sessions are gone, or must go; it is looked for again. */
  readonly onCrash?: (error: Error) => void
  /** How often the server is asked whether it and the other gateways are still there, in milliseconds. Default is 15 seconds. */
  readonly heartbeat?: number | undefined
}

/** How often, in milliseconds, the server is asked whether it is still there, and how long it may take to answer. */
const usualHeartbeat = 15_000
const patience = 10_000

/** Pauses after attempts that have failed, in milliseconds; the last one is repeated. */
const pauses = [100, 500, 2_000, 5_000, 10_000]

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
  const { names, engine, engineConfig, client } = address
  const hold = await reaching(engine, () => takeHold(engineConfig, names, options.log))
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

class GuestPostgres implements Postgres {
  readonly names: Names
  readonly standing: Guest
  readonly engineConfig: ClientConfig
  readonly sessions: SessionServer
  readonly peers: GuestPeers
  readonly #options: GuestPostgresOptions
  readonly #address: GuestAddress
  readonly #lock: HomeLock
  readonly #identity: string
  readonly #availability = new Availability<Hold>(unavailable)
  #supervision: Promise<void> = Promise.resolve()
  #tidying: Promise<void> = Promise.resolve()
  #isTidying = false
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
    this.#availability.run(hold)
    this.peers = new GuestPeers(options.log)
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
    const { life } = this.#availability
    if (life === undefined) return
    await this.peers.attach(life)
    this.#supervision = this.#supervise(life)
  }

  async #attach(hold: Hold): Promise<void> {
    try {
      await this.peers.attach(hold)
    } catch (error) {
      await hold.client.end()
      throw error
    }
  }

  ready(): Promise<void> {
    return this.#availability.ready()
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const hold = this.#availability.stop()
    if (hold !== undefined) await this.peers.leave()
    await hold?.client.end()
    await this.#supervision
    await this.#tidying
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
    const hold = this.#availability.life
    if (hold === undefined) return false
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
      if (this.#availability.isStopped) return
      this.#options.log.error('PostgreSQL has been lost, and is looked for again')
      hold = await this.#find()
    }
  }

  /** Resolves when the connection is gone. */
  async #lost(hold: Hold): Promise<void> {
    const { client } = hold
    const timer = setInterval(() => {
      void this.#isAlive(hold).then((isAlive) => {
        if (isAlive) this.#lookAround(hold)
        else drop(client)
      })
    }, this.#options.heartbeat ?? usualHeartbeat)
    timer.unref()
    await new Promise<void>((resolve) => client.once('end', () => resolve()))
    clearInterval(timer)
  }

  /** Looks whether gateways have gone, and takes away what they have left. */
  #lookAround({ client, gateway }: Hold): void {
    if (this.#isTidying) return
    this.#isTidying = true
    const { log } = this.#options
    this.#tidying = client
      .query(noteGateway(this.names), [gateway])
      .then(() => this.peers.look(client))
      .then(() =>
        withEngineClient(this.engineConfig, (own) =>
          dropTablesOfDeadGateways(own, { names: this.names, log }),
        ),
      )
      .catch((error: unknown) => log.debug({ err: error }, 'what other gateways have left stays for now'))
      .finally(() => {
        this.#isTidying = false
      })
  }

  /** Whether the server answers in time, and is in the life that it was in. Never rejects. */
  async #isAlive({ client, mark }: Hold): Promise<boolean> {
    const timer = new AbortController()
    const late = delay(patience, false, { signal: timer.signal }).catch(() => false)
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
    const { log, onCrash } = this.#options
    const finding = this.#availability.recover({
      firstPause: 0,
      pauses,
      attempt: async () => {
        const hold = await takeHold(this.engineConfig, this.names, log)
        if (hold.facts.identity === this.#identity) {
          await this.#attach(hold)
          return hold
        }
        await hold.client.end()
        throw otherDatabase()
      },
      discard: ({ client }) => client.end(),
      onFailure: (error, failures) => log.error({ err: error, failures }, 'PostgreSQL could not be reached'),
    })
    try {
      onCrash?.(new Error('the connection to PostgreSQL was lost'))
    } catch (error) {
      log.error({ err: error }, 'sessions could not be ended')
    }
    const hold = await finding
    if (hold !== undefined) log.info('PostgreSQL has been found again')
    return hold
  }
}

/** Ends a connection that may not answer any more. */
function drop(client: Client): void {
  const stream: unknown = Reflect.get(Object(Reflect.get(client, 'connection')), 'stream')
  if (stream instanceof Object && 'destroy' in stream && typeof stream.destroy === 'function')
    stream.destroy()
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
