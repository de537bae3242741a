/** Keeps one process of a plugin, which serves all of the plugin's connections: started when it is needed first. */
import { setTimeout as delay } from 'node:timers/promises'
import { ApiError } from '@millrace/plugin-sdk'
import {
  type ConnectionConfig,
  cacheOff,
  emptyMessage,
  type RateLimiter,
  readChangedConnection,
  readFailedConnections,
  readSupportedOperations,
  writeConnectionConfigs,
  writeDeletedConnections,
  writeRateLimiters,
} from '../protocol/connection-messages.js'
import { type PluginSchema, readSchemaAnswer, writeSchemaRequest } from '../protocol/plugin-schema.js'
import { RpcError, rpcCodes } from '../protocol/rpc-error.js'
import type { PluginLogLine } from './plugin-log.js'
import { PluginProcess } from './plugin-process.js'
import { sweepOrphans } from './process-folder.js'

export interface PluginHostOptions {
  /** As connections name the plugin. */
  readonly name: string
  readonly path: string
  readonly memoryMb?: number | undefined
  readonly rateLimiters?: readonly RateLimiter[] | undefined
  readonly onLogLine?: ((line: PluginLogLine) => void) | undefined
}

interface HostedConnection {
  readonly config: ConnectionConfig
  readonly onSchemaChange: () => void
}

/** A process that is ready to be asked. */
interface Serving {
  readonly process: PluginProcess
  /** Why it does not take a connection, by the connection's name. */
  readonly refused: Map<string, string>
  /** Configurations that it has been told. */
  readonly told: Map<string, string>
  /** Calls of Execute that run. */
  running: number
  /** Those that have not come to their end. */
  failures: number
}

const service = 'proto.WrapperPlugin'
const defaultMemoryMb = 1024

/** How long to wait before a plugin that has died is started again, at first and at most, in milliseconds. */
const firstPause = 500
const longestPause = 30_000
/** One that has run for so long is started again at once, in milliseconds. */
const steady = 60_000

/**
 * The SDK keeps the rows of queries that fail or are cancelled. A process that has grown to this share of its memory, and
 * has had as many of those, makes way for a fresh one when nothing runs.
 */
const worthReplacing = { share: 0.5, failures: 10 }

/** How long a process without connections is kept, in milliseconds: a connection may be about to come back. */
const idleTime = 5_000

let calls = 0

export class PluginHost {
  readonly name: string
  readonly #options: PluginHostOptions
  readonly #connections = new Map<string, HostedConnection>()
  #environment: Readonly<Record<string, string | undefined>> = {}
  #serving: Promise<Serving> | undefined
  #startedAt = 0
  #deaths = 0
  #idle: NodeJS.Timeout | undefined
  /** Connections are told to the plugin one after the other. */
  #telling: Promise<void> = Promise.resolve()

  constructor(options: PluginHostOptions) {
    this.name = options.name
    this.#options = options
  }

  /**
   * Adds a connection, or gives it another configuration.
   * @param environment that of the process, which all connections of a plugin share
   */
  add(
    config: ConnectionConfig,
    environment: Readonly<Record<string, string | undefined>>,
    onSchemaChange: () => void,
  ): void {
    clearTimeout(this.#idle)
    this.#environment = environment
    this.#connections.set(config.name, { config, onSchemaChange })
  }

  /** Takes a connection away. Without any, the process ends a little later. */
  async remove(name: string): Promise<void> {
    this.#connections.delete(name)
    if (this.#connections.size > 0) {
      const serving = await this.#serving?.catch(() => undefined)
      if (serving?.told.delete(name)) {
        await this.#ask(serving, 'UpdateConnectionConfigs', writeDeletedConnections([name])).catch(() => {})
      }
      return
    }
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => void this.stop(), idleTime).unref()
  }

  /** Ends the process. The next question starts another. */
  async stop(): Promise<void> {
    clearTimeout(this.#idle)
    const serving = this.#serving
    this.#serving = undefined
    const process = await serving?.then(
      (started) => started.process,
      () => undefined,
    )
    await process?.stop()
  }

  /** The tables of a connection. */
  async schema(connection: string, signal: AbortSignal): Promise<PluginSchema> {
    const serving = await this.#ready(connection)
    return readSchemaAnswer(await this.#ask(serving, 'GetSchema', writeSchemaRequest(connection), signal))
  }

  /** An id for a call of Execute that no other call of this process has. */
  nextCallId(): string {
    return `m${++calls}`
  }

  /**
   * Asks for rows.
   * @throws {ApiError}, {RpcError}, or the signal's reason
   */
  async *execute(
    connection: string,
    callId: string,
    request: Uint8Array,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Buffer[]> {
    const serving = await this.#ready(connection)
    const { process } = serving
    let isWhole = false
    serving.running++
    try {
      yield* process.connection.stream(`${service}/Execute`, request, signal)
      isWhole = true
    } catch (error) {
      if (signal.aborted) throw error
      throw await this.#explained(error, process)
    } finally {
      serving.running--
      if (!isWhole) serving.failures++
      void this.#replaceIfGrown(serving)
    }
    // A line of the log may arrive a little later than the end of the stream that it belongs to.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
    const lost = process.log.takeError(connection, callId)
    if (lost !== undefined) throw new RpcError(rpcCodes.unknown, lost)
  }

  async #replaceIfGrown(serving: Serving): Promise<void> {
    const { process, running, failures } = serving
    if (running > 0 || failures < worthReplacing.failures) return
    const { memoryMb = defaultMemoryMb } = this.#options
    const grown = (await process.residentMb()) ?? 0
    // Another query may have begun meanwhile.
    if (grown < worthReplacing.share * memoryMb || serving.running > 0) return
    if ((await this.#serving?.catch(() => undefined)) !== serving || serving.running > 0) return
    await this.stop()
  }

  async #ask(
    { process }: Serving,
    method: string,
    request: Uint8Array,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    try {
      return await process.connection.call(`${service}/${method}`, request, signal)
    } catch (error) {
      throw await this.#explained(error, process)
    }
  }

  /** A connection that breaks is the end of the process: its last words say why. */
  async #explained(error: unknown, process: PluginProcess): Promise<unknown> {
    if (!(error instanceof RpcError) || error.code !== rpcCodes.unavailable) return error
    const { how, lastWords } = await process.deathNotice()
    return new ApiError(`the plugin ${how}`, {
      sqlState: 'HV000',
      detail: lastWords === '' ? error.message : lastWords,
      hint: 'The next query starts it again.',
      cause: error,
    })
  }

  /** The process, once it knows the connection. */
  async #ready(connection: string): Promise<Serving> {
    const serving = await this.#start()
    if (serving.told.get(connection) !== this.#connections.get(connection)?.config.config) {
      const telling = this.#telling.then(() => this.#tell(serving))
      this.#telling = telling.catch(() => {})
      await telling
    }
    const refused = serving.refused.get(connection)
    if (refused === undefined) return serving
    throw new ApiError(`the plugin does not take the connection's settings: ${refused}`, {
      hint: "Mend the connection's settings, and have the configuration read again.",
    })
  }

  #start(): Promise<Serving> {
    if (this.#serving !== undefined) return this.#serving
    const starting = this.#startProcess()
    this.#serving = starting
    const forget = () => {
      if (this.#serving === starting) this.#serving = undefined
    }
    starting.then(
      async ({ process }) => {
        const endWithHost = () => process.kill()
        globalThis.process.once('exit', endWithHost)
        await process.ended
        globalThis.process.off('exit', endWithHost)
        this.#deaths = performance.now() - this.#startedAt > steady ? 0 : this.#deaths + 1
        forget()
      },
      () => {
        this.#deaths++
        forget()
      },
    )
    return starting
  }

  async #startProcess(): Promise<Serving> {
    const { path, memoryMb = defaultMemoryMb, onLogLine = () => {}, rateLimiters = [] } = this.#options
    if (this.#deaths > 0) {
      const pause = Math.min(firstPause * 2 ** (this.#deaths - 1), longestPause)
      const left = this.#startedAt + pause - performance.now()
      if (left > 0) await delay(left)
    }
    this.#startedAt = performance.now()
    await sweepOrphans()
    const process = await PluginProcess.start({ path, environment: this.#environment, memoryMb, onLogLine })
    const serving: Serving = { process, refused: new Map(), told: new Map(), running: 0, failures: 0 }
    try {
      const operations = readSupportedOperations(
        await this.#ask(serving, 'GetSupportedOperations', emptyMessage),
      )
      if (!operations.multipleConnections) throw tooOld()
      await this.#tell(serving)
      await this.#ask(serving, 'SetCacheOptions', cacheOff)
      if (operations.rateLimiters && rateLimiters.length > 0) {
        await this.#ask(serving, 'SetRateLimiters', writeRateLimiters(rateLimiters))
      }
      void this.#followChanges(process)
      return serving
    } catch (error) {
      await process.stop()
      if (error instanceof RpcError && error.code === rpcCodes.unimplemented) throw tooOld()
      throw error
    }
  }

  /** Tells the process of all connections that it does not know as they are. */
  async #tell(serving: Serving): Promise<void> {
    const news = [...this.#connections.values()]
      .map(({ config }) => config)
      .filter(({ name, config }) => serving.told.get(name) !== config)
    if (news.length === 0) return
    try {
      await this.#tellAll(serving, news)
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      // The call has failed for one of them, and says of none which: one after the other, each has its own answer.
      for (const one of news) {
        await this.#tellAll(serving, [one]).catch((reason: unknown) => {
          if (!(reason instanceof RpcError)) throw reason
          serving.refused.set(one.name, reason.message)
        })
      }
    }
    for (const { name, config } of news) serving.told.set(name, config)
  }

  async #tellAll(serving: Serving, configs: readonly ConnectionConfig[]): Promise<void> {
    for (const { name } of configs) serving.refused.delete(name)
    const answer = await this.#ask(
      serving,
      'SetAllConnectionConfigs',
      writeConnectionConfigs(configs, this.name),
    )
    for (const [name, reason] of readFailedConnections(answer)) serving.refused.set(name, reason)
  }

  /** The stream of a plugin whose tables never change ends at once. */
  async #followChanges(process: PluginProcess): Promise<void> {
    try {
      const stream = process.connection.stream(`${service}/EstablishMessageStream`, emptyMessage)
      for await (const messages of stream) {
        for (const message of messages) {
          this.#connections.get(readChangedConnection(message))?.onSchemaChange()
        }
      }
    } catch {
      // It ends with the process.
    }
  }
}

function tooOld(): ApiError {
  return new ApiError('the plugin was built with an SDK of before 2023, which serves one connection only', {
    sqlState: 'HV00N',
    hint: 'Install a newer version of the plugin.',
  })
}
