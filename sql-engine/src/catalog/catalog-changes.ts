import { isDeepStrictEqual } from 'node:util'
import { type Client, DatabaseError as ServerError } from 'pg'
import type { Logger } from 'pino'
import { removedSchema } from './foreign-tables.js'
import type { CatalogTable } from './read-catalog.js'
import type { TableDefinition } from './table-definition.js'
import { qualifiedName } from './table-names.js'
import type { TableStyle } from './table-style.js'

/** What must be done so that the catalog shows what it should. */
export interface CatalogChanges {
  readonly created: readonly TableDefinition[]
  readonly changed: readonly { readonly current: CatalogTable; readonly wanted: TableDefinition }[]
  readonly removed: readonly CatalogTable[]
}

export const noChanges: CatalogChanges = { created: [], changed: [], removed: [] }

/** Compares definitions; a table that differs in anything but the order of its columns has changed. */
export function catalogChanges(
  current: readonly CatalogTable[],
  wanted: readonly TableDefinition[],
  { kind }: Pick<TableStyle, 'kind'>,
): CatalogChanges {
  const left = new Map(current.map((table) => [qualifiedName(table), table]))
  const created: TableDefinition[] = []
  const changed: { current: CatalogTable; wanted: TableDefinition }[] = []
  for (const table of wanted) {
    const name = qualifiedName(table)
    const old = left.get(name)
    left.delete(name)
    if (old === undefined) created.push(table)
    else if (old.kind !== kind || !isDeepStrictEqual(comparable(old), comparable(table)))
      changed.push({ current: old, wanted: table })
  }
  const removed = [...left.values()].filter((table) => table.options.schema_name !== removedSchema)
  return { created, changed, removed }
}

/**
 * Leaves out what may differ and be corrected without the user's help; columns that views depend on come in another
 * order.
 */
function comparable({ description, options, columns }: TableDefinition): unknown {
  const byName = columns.map(({ name, type, description, options }) => [
    name,
    { type, description, options: { ...options } },
  ])
  return { description, options: { ...options }, columns: Object.fromEntries(byName) }
}

/**
 * The most tables that are made, or taken away, in one transaction: each takes several locks, of which there are only so
 * many.
 */
const tablesPerTransaction = 250

/**
 * Carries the changes out within the caller's transaction, but for many new tables, and many that go: these take several
 * transactions, of which the caller ends the last. A table is dropped and created again if nothing depends on
 * it; otherwise it is altered. What a user's view prevents is left as it is, with a warning that names the view.
 */
export async function applyCatalogChanges(
  client: Client,
  style: TableStyle,
  changes: CatalogChanges,
  log: Logger,
  nextTransaction: () => Promise<void>,
): Promise<void> {
  for (let start = 0; start < changes.created.length; start += tablesPerTransaction) {
    if (start > 0) await nextTransaction()
    const tables = changes.created.slice(start, start + tablesPerTransaction)
    await client.query(style.create(tables))
  }
  for (const { current, wanted } of changes.changed) {
    const refusal = await attempt(client, `${style.drop(current)}; ${style.create([wanted])}`)
    if (refusal === undefined) continue
    for (const { sql, purpose } of style.alter(current, wanted)) {
      const dependents = await attempt(client, sql)
      if (dependents === undefined) continue
      log.warn(
        { table: qualifiedName(wanted), dependents },
        `a table's definition has changed, but it was not possible to ${purpose}; drop what depends on it, and restart`,
      )
    }
  }
  for (const [index, table] of changes.removed.entries()) {
    if (index > 0 && index % tablesPerTransaction === 0) await nextTransaction()
    const dependents = await attempt(client, style.drop(table))
    if (dependents === undefined) continue
    await client.query(style.retire(table))
    log.warn(
      { table: qualifiedName(table), dependents },
      'a table is not configured any more, but was kept, since other objects depend on it; it gives errors only',
    )
  }
}

/**
 * Runs the statement, unless something depends on what it would destroy.
 * @returns what stands in the way, in PostgreSQL's words
 */
export async function attempt(client: Client, sql: string): Promise<string | undefined> {
  await client.query('SAVEPOINT attempt')
  try {
    await client.query(`${sql}; RELEASE attempt`)
    return undefined
  } catch (error) {
    if (!(error instanceof ServerError) || !dependencyErrors.has(error.code ?? '')) throw error
    await client.query('ROLLBACK TO attempt; RELEASE attempt')
    return error.detail ?? error.message
  }
}

/**
 * The errors of dependencies: dependent_objects_still_exist, what ALTER COLUMN TYPE says of a view
 * (feature_not_supported), and what CREATE OR REPLACE VIEW says of other columns (invalid_table_definition).
 */
const dependencyErrors: ReadonlySet<string> = new Set(['2BP01', '0A000', '42P16'])
