/**
 * Binding: finds out what the names of a statement stand for. Whatever it is not sure of it leaves unbound,
 * and what is unbound is never pushed.
 */
import { type Inside, inside, isObject, type Node, stringsOf } from '../parse/syntax-tree.js'
import type {
  Binding,
  Block,
  BoundColumn,
  Condition,
  Cte,
  Leaf,
  OuterSide,
  OutputColumn,
  Position,
  Relation,
  VirtualLeaf,
} from './binding.js'
import { columnsOfFunction, functionName } from './function-columns.js'
import { outputName } from './output-name.js'
import { type CteScope, columnAt, findCte, type MergedColumn, resolveColumn, type Scope } from './scope.js'

type JoinExpr = Inside<'JoinExpr'>
type RangeVar = Inside<'RangeVar'>
type SelectStmt = Inside<'SelectStmt'>

/** Binds a statement. `relationOf` tells what a name that is no CTE stands for; undefined for unknown ones. */
export function bind(statement: Node, relationOf: (rangeVar: RangeVar) => Relation | undefined): Binding {
  return new Binder(relationOf).bind(statement)
}

/** A FROM clause, or a part of one, while it is being bound. */
interface FromPart {
  readonly leaves: readonly Leaf[]
  readonly merged: readonly MergedColumn[]
}

class Binder {
  readonly #relationOf: (rangeVar: RangeVar) => Relation | undefined
  readonly #virtualLeaves: VirtualLeaf[] = []
  readonly #blocks: Block[] = []
  readonly #ctes: Cte[] = []
  readonly #columns = new Map<object, BoundColumn>()
  readonly #cteReferences = new Map<object, Cte>()
  readonly #virtualReferences = new Map<object, VirtualLeaf>()
  readonly #outputReferences = new Set<object>()
  readonly #blockOfStatement = new Map<object, Block>()

  constructor(relationOf: (rangeVar: RangeVar) => Relation | undefined) {
    this.#relationOf = relationOf
  }

  bind(statement: Node): Binding {
    this.#bindQuery(statement, undefined, undefined, undefined)
    return {
      virtualLeaves: this.#virtualLeaves,
      blocks: this.#blocks,
      ctes: this.#ctes,
      columnOf: (reference) => this.#columns.get(reference),
      isOutputReference: (reference) => this.#outputReferences.has(reference),
      cteOf: (rangeVar) => this.#cteReferences.get(rangeVar),
      virtualOf: (rangeVar) => this.#virtualReferences.get(rangeVar),
      blockOf: (select) => this.#blockOfStatement.get(select),
    }
  }

  /** Binds SELECT, INSERT, UPDATE, DELETE or MERGE; statements that hold one of these are looked into. */
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
      const block = this.#newBlock(insert, parent)
      const own = this.#bindWith(insert.withClause, block, outer, ctes)
      if (insert.selectStmt !== undefined) this.#bindQuery(insert.selectStmt, block, outer, own)
      const scope = { leaves: [this.#opaqueLeaf(node, block, 'excluded')], merged: [], outer }
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
      // Source rows without a match count too (WHEN NOT MATCHED): no condition of MERGE narrows a scan.
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
    const block = this.#newBlock(statement, parent)
    const own = this.#bindWith(statement.withClause, block, outer, ctes)
    const targets = target === undefined ? [] : [this.#targetLeaf(target, block)]
    const from = this.#bindFrom(sources, block, outer, own, { leaves: targets, merged: [] })
    const scope = { ...from, outer }
    this.#addConditions(where, { kind: 'where' }, block, from.leaves)
    const { withClause: _bound, relation: _target, ...rest } = statement
    const expressions = Object.entries(rest).filter(([key]) => !['fromClause', 'usingClause'].includes(key))
    this.#bindExpressions(
      expressions.map(([key, value]) => (key === 'sourceRelation' ? undefined : value)),
      block,
      scope,
      own,
    )
    return block
  }

  #bindSelect(
    select: SelectStmt,
    parent: Block | undefined,
    outer: Scope | undefined,
    ctes: CteScope | undefined,
  ): Block {
    const block = this.#newBlock(select, parent)
    const own = this.#bindWith(select.withClause, block, outer, ctes)
    if (select.larg !== undefined && select.rarg !== undefined) {
      const left = this.#bindSelect(select.larg, block, outer, own)
      this.#bindSelect(select.rarg, block, outer, own)
      block.output = left.output?.map(({ name }) => ({ name, column: undefined }))
      this.#bindExpressions([select.limitCount, select.limitOffset], block, emptyScope(outer), own)
      return block
    }
    const from = this.#bindFrom(select.fromClause, block, outer, own, { leaves: [], merged: [] })
    const scope = { ...from, outer }
    this.#addConditions(select.whereClause, { kind: 'where' }, block, from.leaves)
    const { targetList, whereClause, havingClause, windowClause, valuesLists, distinctClause } = select
    const { groupClause, sortClause, limitCount, limitOffset } = select
    const expressions = [whereClause, havingClause, windowClause, valuesLists, limitCount, limitOffset]
    this.#bindExpressions([targetList, ...expressions], block, scope, own)
    block.output =
      valuesLists === undefined
        ? outputOf(targetList, from, (reference) => this.#columns.get(reference))
        : outputOfValues(valuesLists)
    const names = new Set(block.output?.map(({ name }) => name))
    for (const node of [...(distinctClause ?? []), ...(groupClause ?? []), ...(sortClause ?? [])]) {
      const reference = outputReference(node, names)
      if (reference === undefined) this.#bindExpressions(node, block, scope, own)
      else this.#outputReferences.add(reference)
    }
    return block
  }

  #newBlock(statement: object, parent: Block | undefined): Block {
    const block: Block = { parent, statement, leaves: [], conditions: [], children: [], output: undefined }
    parent?.children.push(block)
    this.#blocks.push(block)
    this.#blockOfStatement.set(statement, block)
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
      this.#ctes.push(cte)
      defined.push(cte)
      if (recursive) known.set(name, cte)
    }
    const visible: CteScope = { ctes: known, outer: ctes }
    for (const cte of defined) {
      if (cte.node.ctequery !== undefined) {
        cte.query = this.#bindQuery(cte.node.ctequery, block, outer, visible)
      }
      // Without RECURSIVE, a CTE is seen by those that follow it only.
      known.set(cte.name, cte)
    }
    return visible
  }

  #bindFrom(
    items: readonly Node[] | undefined,
    block: Block,
    outer: Scope | undefined,
    ctes: CteScope | undefined,
    before: FromPart,
  ): FromPart {
    let part = before
    for (const item of items ?? []) {
      part = joined(part, this.#bindFromItem(item, block, outer, ctes, part))
    }
    return part
  }

  /** @param before what stands to the left; LATERAL and functions may refer to it */
  #bindFromItem(
    item: Node,
    block: Block,
    outer: Scope | undefined,
    ctes: CteScope | undefined,
    before: FromPart,
  ): FromPart {
    const join = inside(item, 'JoinExpr')
    if (join !== undefined) return this.#bindJoin(join, item, block, outer, ctes, before)
    const rangeVar = inside(item, 'RangeVar')
    if (rangeVar !== undefined) return alone(this.#bindRangeVar(rangeVar, item, block, ctes))
    const subselect = inside(item, 'RangeSubselect')
    if (subselect?.subquery !== undefined) {
      const scope = subselect.lateral === true ? { ...before, outer } : outer
      const query = this.#bindQuery(subselect.subquery, block, scope, ctes)
      const name = subselect.alias?.aliasname ?? ''
      if (query === undefined) return alone(this.#opaqueLeaf(item, block, name))
      const columns = aliasedColumns(
        query.output?.map((column) => column.name),
        subselect.alias?.colnames,
      )
      const leaf = { kind: 'subquery' as const, name, aliased: true, columns, node: item, block, query }
      return alone(this.#addLeaf({ ...leaf, nullable: noSides }))
    }
    this.#bindExpressions([item], block, { ...before, outer }, ctes)
    const call = inside(item, 'RangeFunction')
    const columns = call === undefined ? undefined : columnsOfFunction(call)
    return alone(this.#opaqueLeaf(item, block, nameOfItem(item), columns))
  }

  #bindRangeVar(rangeVar: RangeVar, node: Node, block: Block, ctes: CteScope | undefined): Leaf {
    const aliased = rangeVar.alias !== undefined
    const name = rangeVar.alias?.aliasname ?? rangeVar.relname ?? ''
    const base = { name, aliased, node, block, nullable: noSides }
    const cte =
      rangeVar.schemaname === undefined && rangeVar.relname !== undefined
        ? findCte(rangeVar.relname, ctes)
        : undefined
    const renamed = rangeVar.alias?.colnames
    if (cte !== undefined) {
      cte.references++
      this.#cteReferences.set(rangeVar, cte)
      const own = aliasedColumns(
        cte.query?.output?.map((column) => column.name),
        cte.node.aliascolnames,
      )
      const columns = aliasedColumns(own && [...own], renamed)
      return this.#addLeaf({ ...base, kind: 'cte', rangeVar, columns, cte })
    }
    const relation = this.#relationOf(rangeVar)
    if (relation === undefined) return this.#opaqueLeaf(node, block, name)
    if (relation.kind === 'relation') {
      const columns = aliasedColumns([...relation.columns], renamed)
      return this.#addLeaf({ ...base, kind: 'relation', rangeVar, columns, stable: relation.stable })
    }
    const columns = aliasedColumns(
      relation.table.columns.map((column) => column.name),
      renamed,
    )
    const leaf: VirtualLeaf = { ...base, kind: 'virtual', rangeVar, columns, table: relation.table }
    this.#virtualLeaves.push(leaf)
    this.#virtualReferences.set(rangeVar, leaf)
    return this.#addLeaf(leaf)
  }

  #bindJoin(
    join: JoinExpr,
    node: Node,
    block: Block,
    outer: Scope | undefined,
    ctes: CteScope | undefined,
    before: FromPart,
  ): FromPart {
    if (join.larg === undefined || join.rarg === undefined) return { leaves: [], merged: [] }
    const left = this.#bindFromItem(join.larg, block, outer, ctes, before)
    const right = this.#bindFromItem(join.rarg, block, outer, ctes, joined(before, left))
    const both = joined(left, right)
    const kind = kindOfJoin(join)
    const position: Position = {
      kind: 'on',
      join: kind,
      left: new Set(left.leaves),
      right: new Set(right.leaves),
    }
    this.#addConditions(join.quals, position, block, both.leaves)
    this.#bindExpressions([join.quals], block, { ...both, outer }, ctes)
    const merged: MergedColumn[] = []
    for (const name of stringsOf(join.usingClause) ?? []) {
      merged.push(this.#mergeColumn(name, left, right, kind, position, block))
    }
    if (kind === 'left' || kind === 'full') addSide(right.leaves, { join, side: 'right' })
    if (kind === 'right' || kind === 'full') addSide(left.leaves, { join, side: 'left' })
    // NATURAL joins merge columns that we have not looked up; an alias hides what is beneath.
    if (join.isNatural === true || join.alias !== undefined || join.join_using_alias !== undefined) {
      return alone(this.#opaqueLeaf(node, block, join.alias?.aliasname ?? ''))
    }
    return { leaves: both.leaves, merged: [...both.merged, ...merged] }
  }

  /** USING is an equality between the two sides' columns, and a name for both. */
  #mergeColumn(
    name: string,
    left: FromPart,
    right: FromPart,
    kind: ReturnType<typeof kindOfJoin>,
    position: Position,
    block: Block,
  ): MergedColumn {
    const known = [...left.leaves, ...right.leaves].every(({ columns }) => columns !== undefined)
    const leftColumn = known ? certain(columnAt(name, left)) : undefined
    const rightColumn = known ? certain(columnAt(name, right)) : undefined
    if (leftColumn !== undefined && rightColumn !== undefined) {
      const equality: Node = {
        A_Expr: {
          kind: 'AEXPR_OP',
          name: [{ String: { sval: '=' } }],
          lexpr: this.#referenceTo(leftColumn),
          rexpr: this.#referenceTo(rightColumn),
        },
      }
      this.#addConditions(equality, position, block, [...left.leaves, ...right.leaves])
    }
    const leaves = new Set([...left.leaves, ...right.leaves].filter(({ columns }) => columns?.has(name)))
    const value = kind === 'full' ? undefined : kind === 'right' ? rightColumn : leftColumn
    return { name, leaves, value }
  }

  #referenceTo(column: BoundColumn): Node {
    const fields: Node[] = [{ String: { sval: column.leaf.name } }, { String: { sval: column.column } }]
    const reference = { fields }
    this.#columns.set(reference, column)
    return { ColumnRef: reference }
  }

  #addLeaf<Kind extends Leaf>(leaf: Kind): Kind {
    leaf.block.leaves.push(leaf)
    return leaf
  }

  #opaqueLeaf(node: Node, block: Block, name: string, columns?: ReadonlySet<string>): Leaf {
    return this.#addLeaf({ kind: 'opaque', name, aliased: true, columns, node, block, nullable: noSides })
  }

  #targetLeaf(target: RangeVar, block: Block): Leaf {
    const relation = this.#relationOf(target)
    const aliased = target.alias !== undefined
    const name = target.alias?.aliasname ?? target.relname ?? ''
    const base = { name, aliased, node: { RangeVar: target }, block, nullable: noSides }
    if (relation?.kind !== 'relation') return this.#opaqueLeaf(base.node, block, name)
    const { columns, stable } = relation
    return this.#addLeaf({ ...base, kind: 'relation', rangeVar: target, columns, stable })
  }

  #addConditions(
    expression: Node | undefined,
    position: Position,
    block: Block,
    leaves: readonly Leaf[],
  ): void {
    if (expression === undefined) return
    const and = inside(expression, 'BoolExpr')
    if (and?.boolop === 'AND_EXPR') {
      for (const argument of and.args ?? []) this.#addConditions(argument, position, block, leaves)
      return
    }
    const nullable = new Set(leaves.filter((leaf) => leaf.nullable.size > 0))
    const condition: Condition = { expression, position, block, nullable }
    block.conditions.push(condition)
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
      if (column !== undefined) this.#columns.set(reference, column)
      return
    }
    for (const value of Object.values(values)) this.#bindExpressions(value, block, scope, ctes)
  }
}

const noSides: ReadonlySet<OuterSide> = new Set()

function emptyScope(outer: Scope | undefined): Scope {
  return { leaves: [], merged: [], outer }
}

function alone(leaf: Leaf): FromPart {
  return { leaves: [leaf], merged: [] }
}

function joined(left: FromPart, right: FromPart): FromPart {
  return { leaves: [...left.leaves, ...right.leaves], merged: [...left.merged, ...right.merged] }
}

function addSide(leaves: readonly Leaf[], side: OuterSide): void {
  for (const leaf of leaves) leaf.nullable = new Set([...leaf.nullable, side])
}

function kindOfJoin(join: JoinExpr): 'inner' | 'left' | 'right' | 'full' {
  switch (join.jointype) {
    case 'JOIN_LEFT':
      return 'left'
    case 'JOIN_RIGHT':
      return 'right'
    case 'JOIN_FULL':
      return 'full'
    default:
      return 'inner'
  }
}

function certain(column: BoundColumn | 'none' | 'ambiguous'): BoundColumn | undefined {
  return typeof column === 'string' ? undefined : column
}

/** Column names under an alias that renames the first of them; undefined where names are not certain. */
function aliasedColumns(
  names: readonly (string | undefined)[] | undefined,
  aliases: readonly Node[] | undefined,
): ReadonlySet<string> | undefined {
  if (names === undefined) return undefined
  const renamed = stringsOf(aliases)
  if (renamed === undefined) return undefined
  const columns = new Set<string>()
  for (const name of [...renamed, ...names.slice(renamed.length)]) {
    if (name === undefined || columns.has(name)) return undefined
    columns.add(name)
  }
  return columns
}

/** The name of an item of FROM that is no table: its alias, or the name of the function. */
function nameOfItem(item: Node): string {
  const function_ = inside(item, 'RangeFunction')
  const alias = function_?.alias ?? inside(item, 'RangeTableFunc')?.alias ?? inside(item, 'JsonTable')?.alias
  return alias?.aliasname ?? (function_ && functionName(function_)) ?? ''
}

type ColumnOf = (reference: Inside<'ColumnRef'>) => BoundColumn | undefined

/** The columns that a target list gives; undefined when it has a star that is not certain. */
function outputOf(
  targets: readonly Node[] | undefined,
  from: FromPart,
  columnOf: ColumnOf,
): readonly OutputColumn[] | undefined {
  const output: OutputColumn[] = []
  for (const node of targets ?? []) {
    const target = inside(node, 'ResTarget')
    const expression = target?.val
    if (expression === undefined) return undefined
    const reference = inside(expression, 'ColumnRef')
    const last = reference?.fields?.at(-1)
    if (reference !== undefined && last !== undefined && inside(last, 'A_Star') !== undefined) {
      const columns = columnsOfStar(stringsOf(reference.fields?.slice(0, -1)), from)
      if (columns === undefined) return undefined
      output.push(...columns)
    } else {
      const column = reference === undefined ? undefined : columnOf(reference)
      output.push({ name: target?.name ?? outputName(expression), column })
    }
  }
  return output
}

/** VALUES calls its columns column1, column2 and so on. */
function outputOfValues(lists: readonly Node[]): readonly OutputColumn[] | undefined {
  const [first] = lists
  const items = first && inside(first, 'List')?.items
  return items?.map((_, index) => ({ name: `column${index + 1}`, column: undefined }))
}

/** `*` and `leaf.*`, where no column is merged or unknown. */
function columnsOfStar(
  qualifier: readonly string[] | undefined,
  from: FromPart,
): readonly OutputColumn[] | undefined {
  if (qualifier === undefined || qualifier.length > 1 || from.merged.length > 0) return undefined
  const [name] = qualifier
  const leaves = name === undefined ? from.leaves : from.leaves.filter((leaf) => leaf.name === name)
  if (leaves.length === 0) return undefined
  const output: OutputColumn[] = []
  for (const leaf of leaves) {
    if (leaf.columns === undefined) return undefined
    for (const column of leaf.columns) output.push({ name: column, column: { leaf, column } })
  }
  return output
}

/** A name of GROUP BY, ORDER BY or DISTINCT ON that means an output column, not one of a leaf. */
function outputReference(node: Node, names: ReadonlySet<string | undefined>): object | undefined {
  const reference = inside(inside(node, 'SortBy')?.node ?? node, 'ColumnRef')
  const fields = stringsOf(reference?.fields)
  return fields?.length === 1 && names.has(fields[0]) ? reference : undefined
}
