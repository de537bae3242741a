/** A batch of random statements, with all that is the same whichever planner is asked. */
import { countingPlugin } from '@millrace/sql-engine/testing/counting-plugin'
import { planFingerprint } from '@millrace/sql-engine/testing/plan-fingerprint'
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'
import type { RandomTables } from '@millrace/sql-engine/testing/random-tables'
import { virtualTables } from '@millrace/sql-engine/testing/row-sets-harness'
import type { KnownAnswer } from '../fuzz/compare-answers.js'

export interface RecordedStatement {
  readonly query: RandomQuery
  /** What PostgreSQL has told of its names; undefined where nothing is planned. */
  readonly names: string | undefined
  /** How the right planner plans it. */
  readonly fingerprint: string
  readonly answers: readonly KnownAnswer[]
}

export interface RecordedBatch {
  readonly seed: number
  /** Virtual tables by the OIDs that they had. */
  readonly oids: readonly (readonly [oid: number, table: string])[]
  readonly statements: readonly RecordedStatement[]
}

/** How this process's planner plans statements, by the names that were told. */
export function fingerprinter(
  tables: RandomTables,
  oids: RecordedBatch['oids'],
): (text: string, names: string | undefined) => string {
  const { plugin } = countingPlugin(virtualTables(tables, {}))
  const byName = new Map(plugin.tables.map((table) => [table.name, table]))
  const byOid = new Map(
    oids.flatMap(([oid, name]) => {
      const table = byName.get(name)
      return table === undefined ? [] : [[oid, table] as const]
    }),
  )
  return (text, names) => (names === undefined ? '' : planFingerprint(text, names, byOid))
}
