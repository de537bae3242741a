/** A file connection: which files it may read, and what it has downloaded. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import {
  AddressGuard,
  type ConnectContext,
  GuardedHttp,
  networksOf,
  systemResolver,
} from '@millrace/plugin-sdk'
import type { FileConfig } from './config.js'
import { Downloads } from './files/downloads.js'
import { Folders } from './files/folders.js'
import { isHttp } from './files/locations.js'
import type { SourceFile } from './files/source-file.js'
import { watchFolders } from './files/watch-folders.js'

const connectTimeout = 5_000

export class FileConnection {
  readonly config: FileConfig
  /** To be called when the tables may be others than before. */
  readonly schemaChanged: () => void
  readonly #folders: Folders
  readonly #http: GuardedHttp
  readonly #downloads: Downloads
  readonly #endWatch: () => void

  constructor(
    config: FileConfig,
    {
      environment,
      maxAnswerBytes,
      schemaChanged = () => {},
    }: Pick<ConnectContext, 'environment' | 'maxAnswerBytes' | 'schemaChanged'>,
  ) {
    this.config = config
    this.schemaChanged = schemaChanged
    const home = environment.HOME || homedir()
    this.#folders = new Folders(config.folders.map((folder) => folder.replace(/^~/, () => join(home, '/'))))
    const allowed = config.allow_private_addresses
    const guard = new AddressGuard(typeof allowed === 'boolean' ? allowed : networksOf(allowed))
    this.#http = new GuardedHttp({ source: { dns: systemResolver, guard }, connectTimeout, maxAnswerBytes })
    this.#downloads = new Downloads(this.#http, maxAnswerBytes)
    const holding = config.paths.flatMap((path) => this.#folders.holding(path))
    this.#endWatch = watchFolders([...new Set(holding)], schemaChanged)
  }

  /**
   * What a source means: its own URL, or paths.
   * @throws ApiError where there is no such file; the signal's reason
   */
  async find(source: string, signal: AbortSignal): Promise<readonly string[]> {
    return isHttp(source) ? [source] : this.#folders.find(source, signal)
  }

  /** @throws ApiError; the signal's reason */
  open(location: string, signal: AbortSignal): Promise<SourceFile> {
    return isHttp(location) ? this.#downloads.open(location, signal) : this.#folders.open(location, signal)
  }

  async close(): Promise<void> {
    this.#endWatch()
    await this.#http.close()
    await this.#downloads.close()
  }
}
