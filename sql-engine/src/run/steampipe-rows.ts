/** Rows of the tables that have Steampipe's names, made of what Millrace's own system tables show. */
import { type Row, toJsonText } from '@millrace/plugin-sdk'
import type { ScanHistory } from '../report/scan-history.js'
import { configuredConnections, connectionTables } from './catalog-rows.js'
import type { EngineContext } from './engine-context.js'

/** By the name of the system table. */
export const steampipeRows: ReadonlyMap<string, (context: EngineContext) => readonly Row[]> = new Map([
  ['steampipe_connection', connectionRows],
  ['steampipe_connection_state', connectionRows],
  ['steampipe_plugin', pluginRows],
  ['steampipe_plugin_limiter', limiterRows],
  ['steampipe_plugin_column', columnRows],
  ['steampipe_server_settings', serverRows],
])

/** The same for those that tell what the session has done. */
export const steampipeScanRows: ReadonlyMap<string, (history: ScanHistory) => readonly Row[]> = new Map([
  ['steampipe_scan_metadata', scanRows],
  ['steampipe_scan_metadata_summary', scanSummaryRows],
])

function integer(value: number | undefined): bigint | null {
  return value === undefined ? null : BigInt(Math.round(value))
}

function connectionRows(context: EngineContext): readonly Row[] {
  const { open, aggregators, connections } = context
  return configuredConnections(open).map(({ name, plugin, tables, isHidden }) => {
    const aggregator = aggregators.get(name)
    const members = aggregator && [...aggregator.members, ...aggregator.failed]
    const { file, firstLine, lastLine, instance } = open.about.get(name) ?? {}
    const isDynamic = typeof connections.get(name)?.plugin.tables === 'function'
    return {
      name,
      state: tables.kind === 'failed' ? 'error' : isHidden ? 'disabled' : 'ready',
      type: members === undefined ? '' : 'aggregator',
      connections: members === undefined ? null : toJsonText(members.map((member) => member.name)),
      import_schema: isHidden ? 'disabled' : 'enabled',
      error: tables.kind === 'failed' ? tables.error.message : null,
      plugin: plugin.name,
      plugin_instance: instance ?? null,
      schema_mode: isDynamic ? 'dynamic' : 'static',
      schema_hash: null,
      comments_set: true,
      connection_mod_time: null,
      plugin_mod_time: null,
      file_name: file ?? null,
      start_line_number: integer(firstLine),
      end_line_number: integer(lastLine),
    }
  })
}

function pluginRows({ open }: EngineContext): readonly Row[] {
  const rows = new Map<string, Row>()
  for (const { name, plugin } of configuredConnections(open)) {
    const instance = open.about.get(name)?.instance ?? null
    rows.set(JSON.stringify([plugin.name, instance]), {
      plugin_instance: instance,
      plugin: plugin.name,
      version: plugin.version ?? '',
      memory_max_mb: null,
      limiters: null,
      file_name: null,
      start_line_number: null,
      end_line_number: null,
    })
  }
  return [...rows.values()]
}

function limiterRows({ facts }: EngineContext): readonly Row[] {
  return facts().limiters.map((limiter) => ({
    name: limiter.name,
    plugin: limiter.plugin,
    plugin_instance: limiter.instance,
    source_type: 'config',
    status: 'active',
    bucket_size: integer(limiter.bucketSize),
    fill_rate: limiter.fillRate ?? null,
    max_concurrency: integer(limiter.maxConcurrency),
    scope: toJsonText(limiter.scope),
    where: limiter.where ?? null,
    file_name: limiter.file,
    start_line_number: integer(limiter.firstLine),
    end_line_number: null,
  }))
}

/** Each table of a plugin once, however many connections have it. */
function columnRows(context: EngineContext): readonly Row[] {
  const seen = new Set<string>()
  return connectionTables(context).flatMap(({ definition, columns, connection }) => {
    const key = JSON.stringify([connection.plugin.name, definition.name])
    if (seen.has(key)) return []
    seen.add(key)
    return columns.map(({ name, databaseType, description }) => {
      const { operators, require: required = 'optional' } = definition.keys[name] ?? {}
      return {
        plugin_name: connection.plugin.name,
        table_name: definition.name,
        name,
        type: databaseType,
        description,
        list_config: operators === undefined ? null : toJsonText({ operators, required }),
        get_config: null,
        hydrate_name: null,
        default_value: null,
      }
    })
  })
}

function serverRows({ cacheTtl, cache, keyCache, startedAt }: EngineContext): readonly Row[] {
  return [
    {
      start_time: startedAt,
      steampipe_version: null,
      fdw_version: null,
      cache_max_ttl: integer(cacheTtl / 1000),
      cache_max_size_mb: integer((cache.maxBytes + keyCache.maxBytes) / 1024 ** 2),
      cache_enabled: cacheTtl > 0,
    },
  ]
}

function lastScans(history: ScanHistory): readonly Row[] {
  const rows = history.scanRows()
  const last = rows.at(-1)?.statement
  return rows.filter(({ statement }) => statement === last)
}

function scanRows(history: ScanHistory): readonly Row[] {
  return lastScans(history).map((scan) => ({
    connection: scan.connection,
    table: scan.table_name,
    cache_hit: scan.cache_hit,
    rows_fetched: scan.rows,
    hydrate_calls: scan.inner_calls === 0n ? scan.calls : scan.inner_calls,
    start_time: scan.started_at,
    duration_ms: integer(Number(scan.duration_ms)),
    columns: scan.columns,
    limit: scan.row_limit,
    quals: scan.quals_pushed,
  }))
}

function scanSummaryRows(history: ScanHistory): readonly Row[] {
  const scans = lastScans(history)
  const summary = history.summaryRows().at(-1)
  if (summary === undefined) return []
  return [
    {
      cached_rows_fetched: null,
      uncached_rows_fetched: summary.rows,
      hydrate_calls: summary.inner_calls === 0n ? summary.calls : summary.inner_calls,
      duration_ms: integer(Number(summary.duration_ms)),
      scan_count: summary.scans,
      connection_count: BigInt(new Set(scans.map(({ connection }) => connection)).size),
    },
  ]
}
