/** What a role sees of the connections and their tables: what PostgreSQL's privileges let it read. */
import { equals, type Reader } from '../bind/access.js'
import type { VirtualTable } from '../catalog/virtual-table.js'
import { DatabaseError } from '../database-error.js'
import { type Aggregator, connectionColumn } from '../fetch/aggregator.js'
import { quoteLiteral } from '../parse/identifier.js'
import { isSystemTable } from '../report/system-tables.js'
import type { Session } from '../statement.js'
import type { EngineContext } from './engine-context.js'

export interface VisibleContext extends EngineContext {
  /** Whether nothing is left out. */
  readonly isWhole: boolean
}

/** What the session's role sees of a context; connections without a schema are seen by those who see everything. */
export async function visibleContext(
  context: EngineContext,
  { isRestricted }: Reader,
  session: Session,
): Promise<VisibleContext> {
  if (!isRestricted) return { ...context, isWhole: true }
  const { open } = context
  const { schemas, tables } = await askVisible(context, session)
  const isVisible = ({ name }: { readonly name: string }) => schemas.has(name)
  const virtualTables = new Map(
    [...context.virtualTables].filter(([, table]) => isSystemTable(table) || tables.has(table.oid)),
  )
  const aggregators = new Map(
    [...context.aggregators].flatMap(([name, aggregator]) => {
      if (!schemas.has(name)) return []
      const members = aggregator.members.filter(isVisible)
      return [[name, { ...aggregator, members, failed: aggregator.failed.filter(isVisible) }] as const]
    }),
  )
  return {
    ...context,
    isWhole: false,
    open: {
      connections: open.connections.filter(isVisible),
      aggregators: open.aggregators.filter(isVisible),
      failed: open.failed.filter(isVisible),
      // Where they stand in files is nobody's business but the owner's.
      about: new Map(),
    },
    virtualTables,
    tableNamed: (schema, name) => {
      const table = context.tableNamed(schema, name)
      return table !== undefined && virtualTables.has(table.oid) ? table : undefined
    },
    connections: new Map([...context.connections].filter(([name]) => schemas.has(name))),
    aggregators,
    facts: () => ({ settings: [], limiters: [] }),
  }
}

/**
 * Makes sure that a role may see all of the members whose rows a scan of an aggregator's table would give: an answer without
 * those of some would look like one with all.
 * @throws DatabaseError 42501, which names no member that it may not see
 */
export async function checkMembers(
  table: VirtualTable,
  asked: Pick<Aggregator, 'members' | 'failed'>,
  { context, reader, session }: { context: EngineContext; reader: Reader; session: Session },
): Promise<void> {
  if (!reader.isRestricted) return
  const { schemas, tables } = await askVisible(context, session)
  // One without a schema is there for aggregators alone.
  const hidden = new Set(context.open.connections.flatMap(({ name, isHidden }) => (isHidden ? [name] : [])))
  const mayRead = ({ name }: { readonly name: string }) => {
    const own = context.tableNamed(name, table.definition.name)
    return hidden.has(name) || (own === undefined ? schemas.has(name) : tables.has(own.oid))
  }
  if ([...asked.members, ...asked.failed].every(mayRead)) return
  const aggregator = context.aggregators.get(table.connection.name)
  const seen = (aggregator?.members ?? []).filter(mayRead).map(({ name }) => name)
  throw new DatabaseError(`permission denied for table ${table.definition.name}`, {
    sqlState: '42501',
    detail: `${table.schema} combines connections, not all of which "${reader.role}" may see.`,
    ...(seen.length === 0
      ? {}
      : { hint: `Ask for some of them: ${connectionColumn} IN (${seen.map(quoteLiteral).join(', ')}).` }),
  })
}

async function askVisible(
  context: EngineContext,
  session: Session,
): Promise<{ readonly schemas: ReadonlySet<string>; readonly tables: ReadonlySet<number> }> {
  const oids = [...context.virtualTables.values()].flatMap((table) =>
    isSystemTable(table) ? [] : [table.oid],
  )
  const { open } = context
  const names = [...open.connections, ...open.aggregators, ...open.failed].map(({ name }) => name)
  const { rows } = await session.query(
    `select n.nspname::pg_catalog.text, null from pg_catalog.pg_namespace n
      where n.nspname ${equals} any (array[${names.map(quoteLiteral).join(', ')}]::pg_catalog.name[])
        and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
      union all
     select null, c.oid::pg_catalog.text from pg_catalog.pg_class c
      where c.oid ${equals} any ('{${oids.join(',')}}'::pg_catalog.oid[])
        and pg_catalog.has_table_privilege(c.oid, 'SELECT')
        and pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE')`,
  )
  return {
    schemas: new Set(rows.flatMap(([schema]) => schema ?? [])),
    tables: new Set(rows.flatMap(([, oid]) => (oid ? [Number(oid)] : []))),
  }
}
