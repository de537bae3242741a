import { join } from 'node:path'
import type { ClientConfig } from 'pg'
import type { Logger } from 'pino'
import { DatabaseError } from '../database-error.js'
import { Availability } from './availability.js'
import { ensureDataFolder } from './data-folder.js'
import { engineOptions } from './engine-connections.js'
import {
  type HomeFolders,
  makeSocketFolder,
  prepareHome,
  removeSocketFolder,
  socketName,
} from './home-folders.js'
import { type HomeLock, lockHome } from './home-lock.js'
import { endLeftovers, lastSocketFolder, removeStaleLockFiles } from './leftovers.js'
import { databaseName, embeddedNames, engineRole } from './names.js'
import { type NativeBinaries, nativeBinaries } from './native-binaries.js'
import { findNativePackage } from './native-package.js'
import type { Postgres, SessionServer } from './postgres.js'
import { type Postmaster, startPostmaster } from './postmaster.js'
import { prepareDatabase } from './prepare-database.js'
import { type ServerSettingsOptions, serverSettings } from './server-settings.js'
import type { Owner } from './standing.js'
import { vacuumCatalog } from './vacuum-catalog.js'

export interface EmbeddedPostgresOptions extends ServerSettingsOptions {
  /** The folder for all state; made if it is missing. One process at a time may use it. */
  readonly home: string
  readonly log: Logger
  /**
   * Called when the server has died by itself, also in the middle of being started again. All its connections are gone; it
   * is being started again.
   */
  readonly onCrash?: (error: Error) => void
  /**
   * Called once a process of PostgreSQL is at work, and this one has nothing to do but wait for it: what takes this one's
   * time should come after. May be called again, and not at all where the start fails before.
   */
  readonly onSpawn?: () => void
  /** Where the programs are copied to, if they cannot run where they are installed. Default is the home. */
  readonly programCopies?: string
}

/** An embedded PostgreSQL. Its socket is in a private folder, so that only the gateway can reach it. */
export interface EmbeddedServer extends Postgres {
  readonly socketFolder: string
  /** The socket itself, `<folder>/.s.PGSQL.5432`. */
  readonly socketPath: string
}

/**
 * Starts the embedded PostgreSQL; on a new home, after making its data folder.
 * @throws DatabaseError when the home is in use or out of reach, or the server does not start
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedServer> {
  const folders = await prepareHome(options.home)
  const lock = await lockHome(folders.locks)
  try {
    // Side by side, and both at their end before the home is left to others.
    const cleared = clearLeftovers(folders, options.log)
    const [found] = await Promise.allSettled([findBinaries(folders, options), cleared])
    await cleared
    if (found.status === 'rejected') throw found.reason
    const binaries = found.value
    await ensureDataFolder(folders, binaries, options.onSpawn)
    const socketFolder = await makeSocketFolder(folders)
    const postgres = new EmbeddedPostgres(options, folders, binaries, socketFolder, lock)
    await postgres.start()
    return postgres
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function findBinaries(
  { home, account }: HomeFolders,
  { programCopies = home }: EmbeddedPostgresOptions,
): Promise<NativeBinaries> {
  return nativeBinaries(await findNativePackage(), programCopies, account)
}

async function clearLeftovers({ data }: HomeFolders, log: Logger): Promise<void> {
  const lastFolder = await lastSocketFolder(data)
  await endLeftovers(data, log)
  if (lastFolder !== undefined) await removeSocketFolder(lastFolder)
}

/**
 * The length of a short life, in milliseconds. It is followed by a pause, so that a server which dies by itself does
 * not die all the time.
 */
const shortLife = 1_000
const pauseAfterShortLife = 200
/** Pauses after attempts that have failed, in milliseconds; the last one is repeated. */
const pauses = [100, 500, 2_000, 5_000, 30_000]
const diskFull = '53100'

class EmbeddedPostgres implements EmbeddedServer {
  readonly names = embeddedNames
  readonly standing: Owner = { kind: 'owner' }
  readonly sessions: SessionServer
  readonly socketPath: string
  readonly engineConfig: ClientConfig
  readonly #availability = new Availability<Postmaster>(unavailable)
  #supervision: Promise<void> = Promise.resolve()
  #vacuuming: Promise<void> = Promise.resolve()
  /** Whether the server that was started last has accepted connections. */
  #hasServed = false
  #stopped: Promise<void> | undefined

  constructor(
    readonly options: EmbeddedPostgresOptions,
    readonly folders: HomeFolders,
    readonly binaries: NativeBinaries,
    readonly socketFolder: string,
    readonly lock: HomeLock,
  ) {
    this.socketPath = join(socketFolder, socketName)
    this.sessions = {
      place: { kind: 'socket', path: this.socketPath },
      // The gateway has let the user in; PostgreSQL trusts whoever reaches the socket.
      login: (role) => ({ role, password: undefined }),
      settings: new Map(),
    }
    this.engineConfig = {
      host: socketFolder,
      port: 5432,
      user: engineRole,
      database: databaseName,
      application_name: 'millrace',
      ssl: false,
      options: engineOptions,
    }
  }

  async start(): Promise<void> {
    try {
      this.#run(await this.#launch())
    } catch (error) {
      await removeSocketFolder(this.socketFolder)
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
    const postmaster = this.#availability.stop()
    await postmaster?.stop()
    await this.#supervision
    await this.#vacuuming
    await removeSocketFolder(this.socketFolder)
    await this.lock.release()
  }

  async #launch(): Promise<Postmaster> {
    const { folders, options } = this
    await removeStaleLockFiles(folders.data, this.socketFolder)
    this.#hasServed = false
    const postmaster = await startPostmaster({
      program: this.binaries.postgres,
      dataFolder: folders.data,
      settings: serverSettings(this.socketFolder, folders.data, options),
      account: folders.account,
      log: options.log,
      onSpawn: options.onSpawn,
    })
    this.#hasServed = true
    try {
      await prepareDatabase(this.engineConfig, options.log)
      return postmaster
    } catch (error) {
      await postmaster.stop()
      throw error
    }
  }

  #tellCrash(error: Error): void {
    try {
      this.options.onCrash?.(error)
    } catch (failure) {
      this.options.log.error({ err: failure }, 'sessions could not be ended')
    }
  }

  #run(postmaster: Postmaster): void {
    this.#availability.run(postmaster)
    this.#supervision = this.#supervise(postmaster)
  }

  /** Runs as long as the server is wanted. Never rejects. */
  async #supervise(first: Postmaster): Promise<void> {
    let postmaster: Postmaster | undefined = first
    while (postmaster !== undefined) {
      const start = performance.now()
      const error = await postmaster.ended
      if (this.#availability.isStopped) return
      this.options.log.error({ err: error }, 'PostgreSQL has ended unexpectedly and is started again')
      const isShort = performance.now() - start < shortLife
      postmaster = await this.#startAgain(error, isShort ? pauseAfterShortLife : 0)
    }
  }

  /**
   * @param firstPause in milliseconds
   * @returns undefined when it has been stopped meanwhile
   */
  async #startAgain(crash: Error, firstPause: number): Promise<Postmaster | undefined> {
    const { log } = this.options
    const starting = this.#availability.recover({
      firstPause,
      pauses,
      attempt: async () => {
        await endLeftovers(this.folders.data, log)
        return this.#launch()
      },
      discard: (postmaster) => postmaster.stop(),
      onFailure: (error, failures) => {
        // The engine's own connections may have been served already, and what they wrote last may be lost.
        if (this.#hasServed) this.#tellCrash(error)
        log.error({ err: error, failures }, 'PostgreSQL could not be started again')
      },
    })
    this.#tellCrash(crash)
    const postmaster = await starting
    if (postmaster !== undefined) {
      log.info({ postmaster: postmaster.pid }, 'PostgreSQL has been started again')
      this.#vacuuming = vacuumCatalog(this.engineConfig, log)
    }
    return postmaster
  }
}

function unavailable(cause?: Error): DatabaseError {
  if (cause instanceof DatabaseError && cause.sqlState === diskFull) {
    const { sqlState, hint } = cause
    return new DatabaseError('the engine does not start: the disk is full', { sqlState, hint, cause })
  }
  return new DatabaseError(
    cause === undefined ? 'the engine has been stopped' : 'the engine does not start',
    {
      sqlState: '57P03',
      detail: cause?.message,
      hint: cause && 'It goes on being tried; the log of the server says more.',
      cause,
    },
  )
}
