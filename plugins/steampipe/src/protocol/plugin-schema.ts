/** The tables of a plugin, as it describes them: the messages of GetSchema. */
import type { BinaryReader } from '@bufbuild/protobuf/wire'
import { readEntry, readInner, readMessage } from './message-reader.js'
import { MessageWriter } from './message-writer.js'

/** By number, as in the protocol's enumeration `ColumnType`. */
const columnTypes = [
  'bool',
  'int',
  'double',
  'string',
  'json',
  'datetime',
  'ipaddr',
  'cidr',
  'timestamp',
  'inet',
  'ltree',
] as const

export type PluginColumnType = (typeof columnTypes)[number] | 'unknown'

export interface PluginColumn {
  readonly name: string
  readonly type: PluginColumnType
  readonly description: string
}

/** A column on which conditions reach the plugin's list or get function. */
export interface PluginKeyColumn {
  readonly name: string
  readonly operators: readonly string[]
  readonly require: 'required' | 'optional' | 'any_of'
}

export interface PluginTable {
  readonly name: string
  readonly description: string
  readonly columns: readonly PluginColumn[]
  readonly getKeys: readonly PluginKeyColumn[]
  readonly listKeys: readonly PluginKeyColumn[]
}

export interface PluginSchema {
  readonly tables: readonly PluginTable[]
  /** Whether each connection has tables of its own, which may change. */
  readonly isDynamic: boolean
}

export function writeSchemaRequest(connection: string): Uint8Array {
  return MessageWriter.write((writer) => writer.string(1, connection))
}

export function readSchemaAnswer(bytes: Uint8Array): PluginSchema {
  const tables: PluginTable[] = []
  let mode = ''
  readMessage(bytes, (field, reader) => {
    if (field !== 1) return false
    readInner(reader, (inner) => {
      if (inner === 1) {
        const { key, value } = readEntry(reader)
        tables.push(readTable(key, value))
      } else if (inner === 4) mode = reader.string()
      else return false
      return true
    })
    return true
  })
  const byName = tables.sort((one, other) => (one.name < other.name ? -1 : 1))
  return { tables: byName, isDynamic: mode === 'dynamic' }
}

function readTable(name: string, bytes: Uint8Array): PluginTable {
  const columns: PluginColumn[] = []
  const getKeys: PluginKeyColumn[] = []
  const listKeys: PluginKeyColumn[] = []
  let description = ''
  readMessage(bytes, (field, reader) => {
    if (field === 1) columns.push(readColumn(reader))
    else if (field === 2) description = reader.string()
    else if (field === 6) getKeys.push(readKeyColumn(reader))
    else if (field === 7) listKeys.push(readKeyColumn(reader))
    else return false
    return true
  })
  return { name, description, columns, getKeys, listKeys }
}

function readColumn(reader: BinaryReader): PluginColumn {
  let name = ''
  let type = 0
  let description = ''
  readInner(reader, (field) => {
    if (field === 1) name = reader.string()
    else if (field === 2) type = reader.int32()
    else if (field === 3) description = reader.string()
    else return false
    return true
  })
  return { name, type: columnTypes[type] ?? 'unknown', description }
}

function readKeyColumn(reader: BinaryReader): PluginKeyColumn {
  let name = ''
  let require = ''
  const operators: string[] = []
  readInner(reader, (field) => {
    if (field === 1) name = reader.string()
    else if (field === 2) operators.push(reader.string())
    else if (field === 3) require = reader.string()
    else return false
    return true
  })
  const known = require === 'optional' || require === 'any_of' ? require : 'required'
  return { name, operators: operators.length === 0 ? ['='] : operators, require: known }
}
