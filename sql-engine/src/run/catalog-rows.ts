/** Rows of the system tables that describe the configuration: connections, plugins, tables and columns. */
import { isDeepStrictEqual } from 'node:util'
import { type Row, toJsonText } from '@millrace/plugin-sdk'
import type { CatalogConnection, VirtualTable } from '../catalog/virtual-table.js'
import { isSystemTable } from '../report/system-tables.js'
import type { EngineContext } from './engine-context.js'

/** By the name of the system table. */
export const catalogRows: ReadonlyMap<string, (context: EngineContext) => readonly Row[]> = new Map([
  ['connection', connectionRows],
  ['plugin', pluginRows],
  ['table', tableRows],
  ['column', columnRows],
  ['setting', settingRows],
])

function settingRows({ facts }: EngineContext): readonly Row[] {
  return facts().settings.map(({ name, value, source, usual, description }) => ({
    name,
    value,
    source,
    default_value: usual,
    description,
  }))
}

function connectionRows(context: EngineContext): readonly Row[] {
  const { open, aggregators } = context
  const counts = new Map<string, number>()
  for (const { schema } of connectionTables(context)) counts.set(schema, (counts.get(schema) ?? 0) + 1)
  return configuredConnections(open).map(({ name, plugin, tables }) => {
    const aggregator = aggregators.get(name)
    const members = aggregator && [...aggregator.members, ...aggregator.failed]
    const { file, firstLine, notices: ofSettings = [] } = open.about.get(name) ?? {}
    const notices = [...ofSettings, ...(context.connections.get(name)?.shortcomings ?? [])]
    return {
      name,
      plugin: plugin.name,
      state: tables.kind === 'found' ? 'ready' : 'error',
      error: tables.kind === 'found' ? null : tables.error.message,
      type: members === undefined ? 'connection' : 'aggregator',
      connections: members === undefined ? null : toJsonText(members.map((member) => member.name)),
      tables: BigInt(counts.get(name) ?? 0),
      notices: notices.length === 0 ? null : toJsonText(notices),
      file: file ?? null,
      line: firstLine === undefined ? null : BigInt(firstLine),
    }
  })
}

function pluginRows({ open }: EngineContext): readonly Row[] {
  const rows = configuredConnections(open).map(({ plugin }) => ({
    name: plugin.name,
    version: plugin.version ?? null,
    description: plugin.description,
  }))
  return rows.filter((row, index) => rows.findIndex((other) => isDeepStrictEqual(other, row)) === index)
}

function tableRows(context: EngineContext): readonly Row[] {
  return connectionTables(context).map(({ schema, definition, connection }) => {
    const keys = Object.entries(definition.keys)
    const required = keys.filter(([, key]) => key?.require === 'required' || key?.require === 'any-of')
    return {
      connection: schema,
      name: definition.name,
      plugin: (context.connections.get(schema)?.ofTable(definition) ?? connection).plugin.name,
      description: definition.description,
      key_columns: toJsonText(keys.map(([name]) => name)),
      required_key_columns: toJsonText(required.map(([name]) => name)),
      examples: toJsonText(definition.examples),
    }
  })
}

function columnRows(context: EngineContext): readonly Row[] {
  return connectionTables(context).flatMap(({ schema, definition, columns }) =>
    columns.map(({ name, databaseType, description }) => {
      const key = definition.keys[name]
      return {
        connection: schema,
        table_name: definition.name,
        name,
        type: databaseType,
        description,
        key_operators: key === undefined ? null : toJsonText(key.operators),
        key_require: key === undefined ? null : (key.require ?? 'optional'),
      }
    }),
  )
}

/** All connections, those that the catalog does not show among them. */
export function configuredConnections({
  connections,
  aggregators,
  failed,
}: EngineContext['open']): readonly (CatalogConnection & { readonly isHidden: boolean })[] {
  const unopened = failed.map((one) => ({ ...one, isHidden: false }))
  return [...connections, ...aggregators, ...unopened].sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** Those of connections, each once. */
export function connectionTables({ virtualTables }: EngineContext): readonly VirtualTable[] {
  return [...new Set(virtualTables.values())].filter((table) => !isSystemTable(table))
}
