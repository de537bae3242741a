/** Rows of millrace.cache: what is cached now. */
import { type Row, toJsonText } from '@millrace/plugin-sdk'
import type { CachedRows } from '../cache/scans/kept-entries.js'
import { connectionTables } from './catalog-rows.js'
import type { EngineContext } from './engine-context.js'
import { sourcesOf } from './stage-members.js'

export async function cacheRows(context: EngineContext): Promise<readonly Row[]> {
  const scans = context.cache.contents()
  const lookups = await context.keyCache.contents()
  if (scans.length + lookups.length === 0) return []
  const named = namesOfSources(context)
  const now = Date.now()
  const rowOf =
    (kind: string) =>
    (cached: CachedRows): Row[] => {
      const name = named.get(cached.source)
      if (name === undefined) return []
      return [
        {
          ...name,
          kind,
          columns: toJsonText(cached.columns),
          rows: BigInt(cached.rows),
          bytes: BigInt(Math.round(cached.bytes)),
          fetched_at: new Date(now - cached.age),
          age_s: cached.age / 1000,
          expires_at: new Date(now + cached.left),
        },
      ]
    }
  return [...scans.flatMap(rowOf('scan')), ...lookups.flatMap(rowOf('lookups'))]
}

/** An aggregator's rows are those of its members, whose own tables come first. */
function namesOfSources(
  context: EngineContext,
): ReadonlyMap<string, { readonly connection: string; readonly table_name: string }> {
  const named = new Map<string, { connection: string; table_name: string }>()
  const tables = [...connectionTables(context)].sort(
    (one, other) =>
      Number(context.aggregators.has(one.schema)) - Number(context.aggregators.has(other.schema)),
  )
  for (const table of tables) {
    for (const source of sourcesOf(table, context)) {
      if (named.has(source)) continue
      named.set(source, { connection: table.schema, table_name: table.definition.name })
    }
  }
  return named
}
