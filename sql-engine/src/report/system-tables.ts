/**
 * Millrace's own virtual tables, in the schema `millrace`: what a session's statements have asked of APIs, and what the
 * configuration has given.
 */
import {
  bigint,
  boolean,
  type Columns,
  doublePrecision,
  jsonb,
  type Key,
  tablesOf,
  text,
  timestamptz,
} from '@millrace/plugin-sdk'
import type { CatalogConnection } from '../catalog/virtual-table.js'
import { isSystemSchema, type Names, steampipeSchema, systemSchema } from '../postgres/names.js'
import { steampipeTables } from './steampipe-tables.js'

export const cacheClearTable = 'cache_clear_call'

const counts = {
  calls: bigint('API calls that were made, tries again included.'),
  retries: bigint('Calls that were made again after a failure.'),
  throttles: bigint('Times that the API said it is asked too often.'),
  inner_calls: bigint("Calls that whoever was asked made in turn, as a plugin of Steampipe's tells them."),
  rows: bigint('Rows that the API has sent; rows from the cache do not count.'),
  bytes: bigint('Bytes of these rows, as they were written into a scan table.'),
}

const statement = {
  statement: bigint('Number of the statement in the session, among those that read virtual tables.'),
  statement_text: text('How the statement begins.'),
}

const scan = {
  ...statement,
  scan: bigint('Number of the scan in the statement, as they ended.'),
  connection: text('Name of the connection that was asked.'),
  table_name: text('Name of the virtual table.'),
  columns: jsonb('Names of the columns that were filled.'),
  quals_pushed: jsonb('Conditions that the API was asked with, by column; NULL when nothing was asked.'),
  quals_kept: jsonb('Conditions that PostgreSQL alone checked, with the reason of each.'),
  row_limit: bigint('LIMIT that was pushed; NULL for none.'),
  ...counts,
  cache_hit: boolean('Whether all rows were there, or on their way for another statement.'),
  cache: text(
    'miss, hit, partial (some rows were there), shared (another scan of the statement asks for them) or none (nothing was to be asked).',
  ),
  started_at: timestamptz('When the scan began.'),
  duration_ms: doublePrecision('Milliseconds until the last row was staged.'),
  error: text('Why it has failed, or what it lacks; NULL if it is whole.'),
}

const scanSummary = {
  ...statement,
  scans: bigint('Scans of the statement.'),
  cache_hits: bigint('Scans whose rows came from the cache alone.'),
  ...counts,
  started_at: timestamptz('When the first scan began.'),
  duration_ms: doublePrecision('Milliseconds from the begin of the first scan to the end of the last.'),
  error: text('Why the first scan has failed that has, or what it lacks; NULL if all are whole.'),
}

const connections = {
  name: text('Its name, which is that of its schema.'),
  plugin: text('Name of its plugin.'),
  state: text('ready, or error: then its tables give that error.'),
  error: text('Why it cannot be asked; NULL if it is ready.'),
  type: text('connection or aggregator.'),
  connections: jsonb("Names of an aggregator's connections; NULL for others."),
  tables: bigint('Number of its tables; 0 for one that has no schema (import_schema is disabled).'),
  notices: jsonb('What is to be said of its settings, such as that one has no effect; NULL for nothing.'),
  file: text('The configuration file that names it; NULL for none.'),
  line: bigint('The line of that file.'),
}

const plugins = {
  name: text('Its name.'),
  version: text('Version of its package; NULL if it states none.'),
  description: text('What it is for.'),
}

const settings = {
  name: text('Its name.'),
  value: text('The value that is in effect; hidden for secrets, NULL for none.'),
  source: text('Where it comes from: a place in a file, a variable of the environment, or default.'),
  default_value: text('The value where none is given.'),
  description: text('What it does.'),
}

const cached = {
  connection: text('Name of the connection that the rows came through.'),
  table_name: text('Name of the virtual table.'),
  kind: text('scan: all rows that fulfil some conditions; lookups: the rows of single keys.'),
  columns: jsonb('Names of the columns that are filled.'),
  rows: bigint('Number of rows; of lookups, of keys.'),
  bytes: bigint('Bytes on disk.'),
  fetched_at: timestamptz('When they were asked for; of lookups, the oldest.'),
  age_s: doublePrecision('Seconds since then.'),
  expires_at: timestamptz(
    'Until when they answer statements whose session does not choose otherwise; of lookups, the latest.',
  ),
}

const tables = {
  connection: text('Name of the connection that it belongs to.'),
  name: text('Its name.'),
  plugin: text("Name of the connection's plugin."),
  description: text('What it shows.'),
  key_columns: jsonb('Names of the columns on which conditions reach the API.'),
  required_key_columns: jsonb('Names of those for which a query must give a value, or for one of which.'),
  examples: jsonb('Statements to begin with: title and sql of each.'),
}

const columns = {
  connection: text('Name of the connection that its table belongs to.'),
  table_name: text('Name of its table.'),
  name: text('Its name.'),
  type: text('Its type.'),
  description: text('What it holds.'),
  key_operators: jsonb('Operators whose conditions reach the API; NULL for a column that is no key.'),
  key_require: text('required, any-of or optional; NULL for a column that is no key.'),
}

const cacheClearCall = {
  table_name: text('Name of the table whose rows are forgotten, or empty for all.'),
  scans: bigint('Results that were kept, and are forgotten.'),
}

function table<const TableColumns extends Columns>(
  name: string,
  description: string,
  columns: TableColumns,
  keys: { readonly [Name in keyof TableColumns]?: Key } = {},
) {
  return tablesOf<undefined>()({
    name,
    description,
    columns,
    keys,
    examples: [],
    // biome-ignore lint/correctness/useYield: its rows come from the engine's memory
    async *list() {
      throw new Error(`${name} has no API`)
    },
  })
}

function connection(
  name: string,
  description: string,
  tables: readonly ReturnType<typeof table>[],
): CatalogConnection {
  return { name, plugin: { name: systemSchema, description }, tables: { kind: 'found', tables: [...tables] } }
}

const publicConnection = connection(
  systemSchema,
  'What Millrace has done for this session, and what it is configured with.',
  [
    table('scan', "Scans of the session's last statements, 500 at most.", scan),
    table(
      'connection',
      'The connections of the configuration, and what keeps them from being asked.',
      connections,
    ),
    table('plugin', 'The plugins of the connections.', plugins),
    table('table', 'The tables of the connections.', tables),
    table('column', "The columns of the connections' tables, and what conditions on them do.", columns),
    table('setting', "The server's settings.", settings),
    table('cache', 'What is cached now.', cached),
    table('scan_summary', "The session's last statements, with the sums of their scans.", scanSummary),
  ],
)

/** Tables that only Millrace's own functions read. */
const hiddenTables = [
  table(cacheClearTable, 'Reading it clears the cache; call millrace.cache_clear().', cacheClearCall, {
    table_name: { operators: ['='], require: 'required' },
  }),
]

/** What tools of Steampipe's read. */
const steampipeConnection = connection(
  steampipeSchema,
  "Steampipe's names for what millrace shows.",
  Object.entries(steampipeTables).map(([name, { description, columns }]) =>
    table(name, description, columns),
  ),
)

export function systemConnections({ internalSchema }: Names): readonly CatalogConnection[] {
  const hiddenConnection = connection(internalSchema, 'What Millrace keeps to itself.', hiddenTables)
  return [publicConnection, hiddenConnection, steampipeConnection]
}

export function isSystemTable({ schema }: { readonly schema: string }): boolean {
  return isSystemSchema(schema)
}
