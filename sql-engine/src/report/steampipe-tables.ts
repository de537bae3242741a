/**
 * Tables by the names and columns of Steampipe's introspection, for tools that read these (Powerpipe looks for
 * steampipe_plugin to tell what it is connected to). Columns that nothing true could be said in are NULL.
 * (https://github.com/turbot/steampipe/tree/develop/pkg/introspection)
 */
import { bigint, boolean, doublePrecision, jsonb, text, timestamptz } from '@millrace/plugin-sdk'

const place = {
  file_name: text('The configuration file; NULL for none.'),
  start_line_number: bigint('The first line there.'),
  end_line_number: bigint('The last line there.'),
}

const connection = {
  name: text('Name of the connection.'),
  state: text('ready, error, or disabled for one without a schema of its own.'),
  type: text('aggregator, or empty.'),
  connections: jsonb("Names of an aggregator's connections; NULL for others."),
  import_schema: text('enabled or disabled.'),
  error: text('Why it cannot be asked; NULL if it can.'),
  plugin: text('Name of its plugin.'),
  plugin_instance: text("Name of the block of its plugin's settings; NULL without one."),
  schema_mode: text('static, or dynamic where the plugin finds out its tables.'),
  schema_hash: text('NULL.'),
  comments_set: boolean('true: comments are there with the tables.'),
  connection_mod_time: timestamptz('NULL.'),
  plugin_mod_time: timestamptz('NULL.'),
  ...place,
}

const plugin = {
  plugin_instance: text('Name of the block of its settings; NULL without one.'),
  plugin: text('Name of the plugin.'),
  version: text('Version of its package; empty if it states none.'),
  memory_max_mb: bigint(
    "NULL: Millrace's plugins are no processes, and what a block says of Steampipe's own is not shown.",
  ),
  limiters: jsonb('NULL: see steampipe_plugin_limiter.'),
  ...place,
}

const limiter = {
  name: text('Name of the limiter.'),
  plugin: text('Name of the plugin.'),
  plugin_instance: text("Name of the block of the plugin's settings."),
  source_type: text('config.'),
  status: text('active.'),
  bucket_size: bigint('As it was written.'),
  fill_rate: doublePrecision('Calls a second.'),
  max_concurrency: bigint('Calls in flight.'),
  scope: jsonb('As it was written.'),
  where: text('As it was written.'),
  ...place,
}

const column = {
  plugin_name: text('Name of the plugin.'),
  table_name: text('Name of the table.'),
  name: text('Name of the column.'),
  type: text('Type of the column.'),
  description: text('What it holds.'),
  list_config: jsonb('Operators whose conditions reach the API, and whether one is required; NULL for none.'),
  get_config: jsonb('NULL: there is no other way to ask.'),
  hydrate_name: text('NULL.'),
  default_value: jsonb('NULL.'),
}

const serverSettings = {
  start_time: timestamptz('When the server started.'),
  steampipe_version: text('NULL: this is Millrace; see millrace.version().'),
  fdw_version: text('NULL.'),
  cache_max_ttl: bigint('Seconds that rows answer later statements, unless a session chooses otherwise.'),
  cache_max_size_mb: bigint('The most megabytes of rows that are cached.'),
  cache_enabled: boolean('Whether rows are cached.'),
}

const scan = {
  connection: text('Name of the connection that was asked.'),
  table: text('Name of the table.'),
  cache_hit: boolean('Whether all rows came from the cache.'),
  rows_fetched: bigint('Rows that the API has sent.'),
  hydrate_calls: bigint('API calls.'),
  start_time: timestamptz('When it began.'),
  duration_ms: bigint('Milliseconds until the last row was there.'),
  columns: jsonb('Names of the columns that were filled.'),
  limit: bigint('LIMIT that reached the API.'),
  quals: jsonb('Conditions that reached the API, by column.'),
}

const scanSummary = {
  cached_rows_fetched: bigint('NULL: cached rows are not counted.'),
  uncached_rows_fetched: bigint('Rows that APIs have sent.'),
  hydrate_calls: bigint('API calls.'),
  duration_ms: bigint('Milliseconds from the begin of the first scan to the end of the last.'),
  scan_count: bigint('Scans.'),
  connection_count: bigint('Connections that were asked.'),
}

/** Columns of the tables, by name. */
export const steampipeTables = {
  steampipe_connection: { description: 'The connections of the configuration.', columns: connection },
  steampipe_connection_state: { description: 'The same, by its older name.', columns: connection },
  steampipe_plugin: { description: 'The plugins of the connections.', columns: plugin },
  steampipe_plugin_limiter: { description: "Limiters of plugins' blocks.", columns: limiter },
  steampipe_plugin_column: { description: 'The columns of plugins’ tables.', columns: column },
  steampipe_server_settings: { description: 'What the server runs with.', columns: serverSettings },
  steampipe_scan_metadata: { description: "Scans of the session's last statement.", columns: scan },
  steampipe_scan_metadata_summary: { description: 'Their sums.', columns: scanSummary },
} as const
