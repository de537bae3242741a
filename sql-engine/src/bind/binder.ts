/**
 * Binding: finds out what the names of a statement stand for. What is not certain stays unbound, and what is unbound
 * is never pushed.
 */
import { type Inside, inside, isObject, type Node, stringsOf } from '../parse/syntax-tree.js'
import type { Binding, Block, Clause, Cte, FromItem } from './binding.js'
import { BindingDraft } from './binding-draft.js'
import { FromBinder, type RelationOf } from './from-binder.js'
import { hasGroupingSets } from './grouping-sets.js'
import { outputOf, outputOfValues, outputReference } from './output-columns.js'
import type { TypeTraits } from './output-types.js'
import {
  allFromItems,
  type CteScope,
  columnAt,
  emptyFrom,
  type FromPart,
  resolveColumn,
  type Scope,
} from './scope.js'
import { resolveTableOid } from './system-columns.js'

type RangeVar = Inside<'RangeVar'>
type SelectStmt = Inside<'SelectStmt'>

/**
 * Binds a statement. `relationOf` says what a name that is not a CTE stands for, and gives undefined for unknown
 * ones.
 */
export function bind(statement: Node, relationOf: RelationOf, types: TypeTraits): Binding {
  return new Binder(relationOf, types).bind(statement)
}

class Binder {
  readonly #draft = new BindingDraft()
  readonly #from: FromBinder
  /** Recursive CTEs by their queries, inside which they are visible. */
  readonly #recursiveCtes = new Map<object, Cte>()

  constructor(relationOf: RelationOf, types: TypeTraits) {
    this.#from = new FromBinder(this.#draft, relationOf, types, {
      bindQuery: (node, parent, outer, ctes) => this.#bindQuery(node, parent, outer, ctes),
      bindExpressions: (values, block, scope, ctes) => this.#bindExpressions(values, block, scope, ctes),
    })
  }

  bind(statement: Node): Binding {
    this.#bindQuery(statement, undefined, undefined, undefined)
    return this.#draft.finished()
  }

  /** Binds SELECT, INSERT, UPDATE, DELETE or MERGE, and searches statements that contain one of these. */
  #bindQuery(
    node: Node,
    parent: Block | undefined,
    outer: Scope | undefined,
    ctes: CteScope | undefined,
  ): Block | undefined {
    const select = inside(node, 'SelectStmt')
    if (select !== undefined) return this.#bindSelect(select, parent, outer, ctes)
    const insert = inside(node, 'InsertStmt')
    if (insert !== undefined) {
      const block = this.#draft.newBlock(insert, parent)
      const own = this.#bindWith(insert.withClause, block, outer, ctes)
      if (insert.selectStmt !== undefined) this.#bindQuery(insert.selectStmt, block, outer, own)
      const scope = { ...emptyFrom, fromItems: [this.#draft.opaqueItem(node, block, 'excluded')], outer }
      this.#bindExpressions([insert.onConflictClause, insert.returningClause], block, scope, own)
      return block
    }
    const update = inside(node, 'UpdateStmt')
    if (update !== undefined) {
      return this.#bindChange(
        update,
        update.relation,
        update.fromClause,
        update.whereClause,
        parent,
        outer,
        ctes,
      )
    }
    const deletion = inside(node, 'DeleteStmt')
    if (deletion !== undefined) {
      const { relation, usingClause, whereClause } = deletion
      return this.#bindChange(deletion, relation, usingClause, whereClause, parent, outer, ctes)
    }
    const merge = inside(node, 'MergeStmt')
    if (merge !== undefined) {
      const sources = merge.sourceRelation === undefined ? [] : [merge.sourceRelation]
      return this.#bindChange(merge, merge.relation, sources, undefined, parent, outer, ctes)
    }
    const held =
      inside(node, 'ExplainStmt')?.query ??
      inside(node, 'CreateTableAsStmt')?.query ??
      inside(node, 'DeclareCursorStmt')?.query ??
      inside(node, 'CopyStmt')?.query
    return held === undefined ? undefined : this.#bindQuery(held, parent, outer, ctes)
  }

  /** UPDATE, DELETE and MERGE read from the table that they change as if it were the first in FROM. */
  #bindChange(
    statement: Inside<'UpdateStmt'> | Inside<'DeleteStmt'> | Inside<'MergeStmt'>,
    target: RangeVar | undefined,
    sources: readonly Node[] | undefined,
    where: Node | undefined,
    parent: Block | undefined,
    outer: Scope | undefined,
    ctes: CteScope | undefined,
  ): Block {
    const block = this.#draft.newBlock(statement, parent)
    const own = this.#bindWith(statement.withClause, block, outer, ctes)
    const targets = target === undefined ? [] : [this.#from.targetReference(target, block)]
    const from = this.#from.bind(sources, block, outer, own, { ...emptyFrom, fromItems: targets })
    const scope = { ...from, outer }
    const all = allFromItems(from)
    this.#draft.addConditions(where, { kind: 'where' }, block, all)
    if ('joinCondition' in statement && !countsUnmatched(statement, 'TARGET')) {
      // Rows of the target that match no source row may count, as in a left join.
      const [left, right] = [new Set(targets), new Set(all.filter((fromItem) => !targets.includes(fromItem)))]
      const clause: Clause = { kind: 'on', join: 'left', left, right }
      this.#draft.addConditions(statement.joinCondition, clause, block, all)
    }
    const { withClause: _bound, relation: _target, ...rest } = statement
    const elsewhere = ['fromClause', 'usingClause', 'sourceRelation', 'returningClause']
    const expressions = Object.entries(rest).filter(([key]) => !elsewhere.includes(key))
    this.#bindExpressions(
      expressions.map(([_, value]) => value),
      block,
      scope,
      own,
    )
    if ('joinCondition' in statement && countsUnmatched(statement, 'SOURCE')) {
      // RETURNING shows rows that match none of the source, as a left join does.
      const sources = all.filter((fromItem) => !targets.includes(fromItem))
      for (const source of sources)
        source.nullable = new Set([...source.nullable, { join: {}, side: 'right' }])
    }
    const makesRows = 'targetList' in statement || 'mergeWhenClauses' in statement
    const shown = makesRows
      ? { ...scope, fromItems: scope.fromItems.map((one) => asMade(one, targets)) }
      : scope
    this.#bindExpressions(statement.returningClause, block, shown, own)
    return block
  }

  #bindSelect(
    select: SelectStmt,
    parent: Block | undefined,
    outer: Scope | undefined,
    ctes: CteScope | undefined,
  ): Block {
    const block = this.#draft.newBlock(select, parent)
    const recursive = this.#recursiveCtes.get(select)
    if (recursive !== undefined) recursive.query = block
    const own = this.#bindWith(select.withClause, block, outer, ctes)
    if (select.larg !== undefined && select.rarg !== undefined) {
      const left = this.#bindSelect(select.larg, block, outer, own)
      // The second arm of a recursive CTE reads what the first one gives.
      block.output = left.output?.map(({ name }) => ({ name, column: undefined, reads: [] }))
      this.#bindSelect(select.rarg, block, outer, own)
      this.#bindExpressions([select.limitCount, select.limitOffset], block, emptyScope(outer), own)
      return block
    }
    const from = this.#from.bind(select.fromClause, block, outer, own, emptyFrom)
    const scope = { ...from, outer }
    this.#draft.addConditions(select.whereClause, { kind: 'where' }, block, allFromItems(from))
    const { targetList, whereClause, havingClause, windowClause, valuesLists, distinctClause } = select
    const { groupClause, sortClause, limitCount, limitOffset } = select
    const expressions = [whereClause, havingClause, windowClause, valuesLists, limitCount, limitOffset]
    this.#bindExpressions([targetList, ...expressions], block, scope, own)
    block.output =
      valuesLists === undefined
        ? outputOf(targetList, from, (reference) => this.#draft.columns.get(reference))
        : outputOfValues(valuesLists)
    const isOneGrouping = !hasGroupingSets(block)
    if (isOneGrouping) this.#draft.addConditions(havingClause, { kind: 'having' }, block, allFromItems(from))
    const names = new Set(block.output?.map(({ name }) => name))
    for (const node of [...(distinctClause ?? []), ...(groupClause ?? []), ...(sortClause ?? [])]) {
      const reference = outputReference(node, names)
      // Names in GROUP BY are looked up in FROM first; names in the other clauses, in the output.
      const isInput = reference !== undefined && groupClause?.includes(node) && isColumnOf(reference, from)
      if (reference === undefined || isInput) this.#bindExpressions(node, block, scope, own)
      else this.#draft.outputReferences.add(reference)
    }
    return block
  }

  #bindWith(
    withClause: Inside<'WithClause'> | undefined,
    block: Block,
    outer: Scope | undefined,
    ctes: CteScope | undefined,
  ): CteScope | undefined {
    if (withClause?.ctes === undefined) return ctes
    const recursive = withClause.recursive === true
    const known = new Map<string, Cte>()
    const defined: Cte[] = []
    for (const node of withClause.ctes) {
      const expression = inside(node, 'CommonTableExpr')
      const name = expression?.ctename
      if (expression === undefined || name === undefined) continue
      const cte: Cte = { name, node: expression, recursive, query: undefined, references: 0 }
      this.#draft.ctes.push(cte)
      defined.push(cte)
      if (!recursive) continue
      known.set(name, cte)
      const select = inside(expression.ctequery, 'SelectStmt')
      if (select !== undefined) this.#recursiveCtes.set(select, cte)
    }
    const visible: CteScope = { ctes: known, outer: ctes }
    for (const cte of defined) {
      if (cte.node.ctequery !== undefined) {
        cte.query = this.#bindQuery(cte.node.ctequery, block, outer, visible)
      }
      // Without RECURSIVE, only the CTEs that follow it can see a CTE.
      known.set(cte.name, cte)
    }
    return visible
  }

  /** Resolves the column references of expressions, and binds the subqueries in them. */
  #bindExpressions(values: unknown, block: Block, scope: Scope, ctes: CteScope | undefined): void {
    if (Array.isArray(values)) {
      for (const value of values) this.#bindExpressions(value, block, scope, ctes)
      return
    }
    if (!isObject(values)) return
    const node = values as unknown as Node
    if (inside(node, 'SelectStmt') !== undefined) {
      this.#bindQuery(node, block, scope, ctes)
      return
    }
    const reference = inside(node, 'ColumnRef')
    if (reference !== undefined) {
      const column = resolveColumn(reference, scope)
      if (column !== undefined) this.#draft.bindColumn(reference, column)
      const table = column === undefined ? resolveTableOid(reference, scope) : undefined
      if (table !== undefined) this.#draft.tableOids.set(reference, table)
      return
    }
    for (const value of Object.values(values)) this.#bindExpressions(value, block, scope, ctes)
  }
}

/** Whether an unqualified name is certainly that of a column in FROM. */
function isColumnOf(reference: Inside<'ColumnRef'>, from: FromPart): boolean {
  const [name] = stringsOf(reference.fields) ?? []
  const areKnown = from.fromItems.every(({ columns }) => columns !== undefined)
  return name !== undefined && areKnown && typeof columnAt(name, from) !== 'string'
}

/** Whether a MERGE does something with rows that match none of its target, or of its source. */
function countsUnmatched({ mergeWhenClauses }: Inside<'MergeStmt'>, by: 'TARGET' | 'SOURCE'): boolean {
  return (mergeWhenClauses ?? []).some(
    (node) => inside(node, 'MergeWhenClause')?.matchKind === `MERGE_WHEN_NOT_MATCHED_BY_${by}`,
  )
}

/** As RETURNING has it: rows of the target as they are made, which cannot be read before. */
function asMade(fromItem: FromItem, targets: readonly FromItem[]): FromItem {
  return fromItem.kind === 'relation' && targets.includes(fromItem)
    ? { ...fromItem, stable: false }
    : fromItem
}

function emptyScope(outer: Scope | undefined): Scope {
  return { ...emptyFrom, outer }
}
