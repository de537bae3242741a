/** The messages that tell a plugin of its connections, and of what it may do by itself. */

import { readEntry, readMessage } from './message-reader.js'
import { MessageWriter } from './message-writer.js'

export interface ConnectionConfig {
  readonly name: string
  /** The body of the connection's block in Steampipe's HCL. */
  readonly config: string
}

/** What a plugin can do, as far as it matters here: GetSupportedOperations. */
export interface SupportedOperations {
  readonly multipleConnections: boolean
  readonly rateLimiters: boolean
}

export interface RateLimiter {
  readonly name: string
  /** Calls a second, and how many may come at once. */
  readonly fillRate?: number | undefined
  readonly bucketSize?: number | undefined
  readonly maxConcurrency?: number | undefined
  readonly scope?: readonly string[] | undefined
  readonly where?: string | undefined
}

export const emptyMessage = new Uint8Array()

/** No memory for a cache of the plugin's own connections: that cache is never on. */
const noCache = -1

/** SetAllConnectionConfigs: adds connections, or changes them. */
export function writeConnectionConfigs(configs: readonly ConnectionConfig[], plugin: string): Uint8Array {
  return MessageWriter.write((writer) => {
    for (const { name, config } of configs) {
      writer.message(1, (inner) =>
        inner.string(1, name).string(2, plugin).string(3, plugin).string(4, config).string(7, plugin),
      )
    }
    writer.int64(2, noCache)
  })
}

/** UpdateConnectionConfigs, with connections that are gone. */
export function writeDeletedConnections(names: readonly string[]): Uint8Array {
  return MessageWriter.write((writer) => {
    for (const name of names) writer.message(2, (inner) => inner.string(1, name))
  })
}

/** The connections that a plugin does not take, each with why. */
export function readFailedConnections(bytes: Uint8Array): ReadonlyMap<string, string> {
  const failed = new Map<string, string>()
  readMessage(bytes, (field, reader) => {
    if (field !== 1) return false
    const { key, value } = readEntry(reader)
    failed.set(key, Buffer.from(value).toString('utf8'))
    return true
  })
  return failed
}

/**
 * SetCacheOptions: the plugin's own cache is off, since it loses errors and rows, and takes no memory. A plugin that
 * is not told so fails at its first query.
 */
export const cacheOff = MessageWriter.write((writer) => writer.int64(4, 1))

export function writeRateLimiters(limiters: readonly RateLimiter[]): Uint8Array {
  return MessageWriter.write((writer) => {
    for (const {
      name,
      fillRate = 0,
      bucketSize = 0,
      maxConcurrency = 0,
      scope = [],
      where = '',
    } of limiters) {
      writer.message(1, (inner) => {
        inner.string(1, name).float(2, fillRate).int64(3, bucketSize).int64(4, maxConcurrency)
        for (const one of scope) inner.presentString(5, one)
        inner.string(6, where)
      })
    }
  })
}

export function readSupportedOperations(bytes: Uint8Array): SupportedOperations {
  let multipleConnections = false
  let rateLimiters = false
  readMessage(bytes, (field, reader) => {
    if (field === 2) multipleConnections = reader.bool()
    else if (field === 5) rateLimiters = reader.bool()
    else return false
    return true
  })
  return { multipleConnections, rateLimiters }
}

/** What the plugin writes to its own standard output and standard error: `plugin.StdioData`. */
export function readPrinted(bytes: Uint8Array): { readonly isError: boolean; readonly text: string } {
  let channel = 0
  let text = ''
  readMessage(bytes, (field, reader) => {
    if (field === 1) channel = reader.int32()
    else if (field === 2) text = Buffer.from(reader.bytes()).toString('utf8')
    else return false
    return true
  })
  return { isError: channel === 2, text }
}

/** The connection whose tables may have changed: `PluginMessage`, of which SCHEMA_UPDATED is the only kind. */
export function readChangedConnection(bytes: Uint8Array): string {
  let connection = ''
  readMessage(bytes, (field, reader) => {
    if (field !== 2) return false
    connection = reader.string()
    return true
  })
  return connection
}
