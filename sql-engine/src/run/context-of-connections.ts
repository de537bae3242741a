/** Makes the context of statements out of what all contexts share and the open connections. */
import type { KeyCacheSource } from '../cache/keys/key-cache.js'
import { keyCacheSources } from '../cache/keys/key-cache-sources.js'
import type { CatalogConnection, VirtualTable } from '../catalog/virtual-table.js'
import type { Connection } from '../fetch/connection.js'
import type { OpenConnections } from '../fetch/open-connections.js'
import { once } from '../once.js'
import type { Optimisations } from '../plan/unoptimised-scans.js'
import type { EngineContext, SharedParts } from './engine-context.js'
import { sourcesOf } from './stage-members.js'

/** The planner's code, which no start needs, nor a statement without virtual tables. */
export const planning = once(() => import('./statement-plan.js'))

/** @param tables that the catalog shows for the connections */
export function contextOf(
  shared: SharedParts,
  open: OpenConnections,
  tables: readonly VirtualTable[],
  optimisations: Optimisations,
): EngineContext {
  const virtualTables = new Map(
    tables.flatMap((table) => [table.oid, ...table.formerOids].map((oid) => [oid, table] as const)),
  )
  const named = new Map(tables.map((table) => [nameOf(table.schema, table.definition.name), table]))
  return {
    ...shared,
    open,
    virtualTables,
    tableNamed: (schema, name) => named.get(nameOf(schema, name)),
    plans: once(async () => {
      const { StatementPlans } = await planning()
      return new StatementPlans(virtualTables, optimisations, shared)
    }),
    connections: connectionsByName(open),
    aggregators: new Map(open.aggregators.map(({ name, aggregator }) => [name, aggregator])),
  }
}

/** All that the catalog is to show. */
export function shownConnections({ connections, aggregators, failed }: OpenConnections): CatalogConnection[] {
  return [...[...connections, ...aggregators].filter(({ isHidden }) => !isHidden), ...failed]
}

/** The sources of the key cache; see {@link keyCacheSources}. */
export function keySourcesOf(open: OpenConnections, tables: readonly VirtualTable[]): KeyCacheSource[] {
  return keyCacheSources(tables, connectionsByName(open))
}

/** What the rows of a context's scans are cached under. */
export function cacheSourcesOf(context: EngineContext): ReadonlySet<string> {
  return new Set([...context.virtualTables.values()].flatMap((table) => sourcesOf(table, context)))
}

function connectionsByName({ connections }: OpenConnections): ReadonlyMap<string, Connection> {
  return new Map(connections.map(({ name, connection }) => [name, connection]))
}

function nameOf(schema: string, table: string): string {
  // No name of PostgreSQL's has this in it.
  return `${schema}\0${table}`
}
