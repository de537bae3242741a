/** What virtual tables cannot do: they are not written to, and their rows are not locked. */
import type { Block, FromItem, TableReference } from '../bind/binding.js'
import type { RelationOf } from '../bind/from-binder.js'
import { DatabaseError } from '../database-error.js'
import { findAll, type Inside, inside, type Node } from '../parse/syntax-tree.js'

/** @throws DatabaseError 0A000 when a statement writes to a virtual table */
export function rejectWrites(statement: Node, relationOf: RelationOf): void {
  for (const { verb, target } of targetsOf(statement)) {
    const relation = target && relationOf(target)
    if (relation?.kind !== 'virtual') continue
    throw new DatabaseError(`cannot ${verb} virtual table "${relation.table.definition.name}"`, {
      sqlState: '0A000',
      detail: 'Its rows come from an API, which is only read.',
      hint: 'Write to a table of your own: CREATE TABLE … AS SELECT … makes one of the rows.',
    })
  }
}

interface Target {
  readonly verb: string
  readonly target: Inside<'RangeVar'> | undefined
}

function targetsOf(statement: Node): readonly Target[] {
  const copy = inside(statement, 'CopyStmt')
  return [
    ...findAll(statement, 'InsertStmt').map(({ relation }) => ({ verb: 'insert into', target: relation })),
    ...findAll(statement, 'UpdateStmt').map(({ relation }) => ({ verb: 'update', target: relation })),
    ...findAll(statement, 'DeleteStmt').map(({ relation }) => ({ verb: 'delete from', target: relation })),
    ...findAll(statement, 'MergeStmt').map(({ relation }) => ({ verb: 'merge into', target: relation })),
    ...findAll(statement, 'TruncateStmt')
      .flatMap(({ relations }) => relations ?? [])
      .map((node) => ({ verb: 'truncate', target: inside(node, 'RangeVar') })),
    ...(copy?.is_from === true ? [{ verb: 'copy to', target: copy.relation }] : []),
  ]
}

/**
 * @throws DatabaseError 0A000 when a sample of a virtual table is asked for: a LIMIT, for example, might be applied
 *   before it
 */
export function rejectSamples(statement: Node, relationOf: RelationOf): void {
  for (const { relation: node } of findAll(statement, 'RangeTableSample')) {
    const rangeVar = node && inside(node, 'RangeVar')
    const relation = rangeVar && relationOf(rangeVar)
    if (relation?.kind !== 'virtual') continue
    throw new DatabaseError(
      `TABLESAMPLE cannot be applied to virtual table "${relation.table.definition.name}"`,
      {
        sqlState: '0A000',
        detail: 'Its rows come from an API, which gives no samples.',
        hint: 'Take a sample of a table of your own: CREATE TABLE … AS SELECT … makes one of the rows.',
      },
    )
  }
}

/** @throws DatabaseError 0A000 when ONLY is applied to one that PostgreSQL reads by itself */
export function rejectOnly(fromItems: Iterable<TableReference>): void {
  for (const { rangeVar, table } of fromItems) {
    if (rangeVar.inh === true) continue
    throw new DatabaseError(`ONLY cannot be said of virtual table "${table.definition.name}" here`, {
      sqlState: '0A000',
      detail: 'PostgreSQL would read an empty table, without the foreign table that has the rows.',
      hint: 'Leave ONLY out.',
    })
  }
}

/** @throws DatabaseError 0A000 when FOR UPDATE or FOR SHARE would lock rows of a virtual table */
export function rejectLocks(blocks: readonly Block[]): void {
  for (const block of blocks) {
    const { lockingClause } = block.statement as Inside<'SelectStmt'>
    for (const node of lockingClause ?? []) {
      const clause = inside(node, 'LockingClause')
      const names = clause?.lockedRels?.map((one) => inside(one, 'RangeVar')?.relname)
      const locked = block.fromItems.filter(({ name }) => names === undefined || names.includes(name))
      const virtual = firstVirtual(locked)
      if (virtual === undefined) continue
      throw new DatabaseError(
        `rows of virtual table "${virtual.table.definition.name}" cannot be locked by ${strengthOf(clause)}`,
        {
          sqlState: '0A000',
          detail: 'Its rows come from an API, which cannot keep others from changing them.',
          hint: 'Leave the clause out, or name the other tables that it is meant for: FOR UPDATE OF …',
        },
      )
    }
  }
}

/** The first virtual table to be locked. PostgreSQL also locks the tables in subqueries; it does not go into CTEs. */
function firstVirtual(fromItems: readonly FromItem[]): TableReference | undefined {
  for (const fromItem of fromItems) {
    if (fromItem.kind === 'virtual') return fromItem
    const within = fromItem.kind === 'subquery' ? firstVirtual(fromItem.query.fromItems) : undefined
    if (within !== undefined) return within
  }
  return undefined
}

const strengths: Readonly<Record<string, string>> = {
  LCS_FORKEYSHARE: 'FOR KEY SHARE',
  LCS_FORSHARE: 'FOR SHARE',
  LCS_FORNOKEYUPDATE: 'FOR NO KEY UPDATE',
}

function strengthOf(clause: Inside<'LockingClause'> | undefined): string {
  return strengths[clause?.strength ?? ''] ?? 'FOR UPDATE'
}
