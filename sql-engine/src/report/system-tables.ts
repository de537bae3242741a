/** The system tables, in the schema `millrace`: what a session's statements have asked of APIs. */
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
import { internalSchema, systemSchema } from '../postgres/names.js'

export const cacheClearTable = 'cache_clear_call'

const counts = {
  calls: bigint('API calls that were made, tries again included.'),
  retries: bigint('Calls that were made again after a failure.'),
  throttles: bigint('Times that the API said it is asked too often.'),
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

const statementsConnection = connection(systemSchema, 'What Millrace has done for this session.', [
  table('scan', "Scans of the session's last statements, 500 at most.", scan),
  table('scan_summary', "The session's last statements, with the sums of their scans.", scanSummary),
])

/** Tables that only Millrace's own functions read. */
const hiddenConnection = connection(internalSchema, 'What Millrace keeps to itself.', [
  table(cacheClearTable, 'Reading it clears the cache; call millrace.cache_clear().', cacheClearCall, {
    table_name: { operators: ['='], require: 'required' },
  }),
])

export const systemConnections: readonly CatalogConnection[] = [statementsConnection, hiddenConnection]

export function isSystemTable({ schema }: { readonly schema: string }): boolean {
  return systemConnections.some(({ name }) => name === schema)
}
