/** Binds what stands in FROM: tables, subqueries, functions, and joins of them. */
import { type Inside, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import type {
  Block,
  BoundColumn,
  Clause,
  FromItem,
  OuterSide,
  OutputColumn,
  Relation,
  TableReference,
} from './binding.js'
import type { BindingDraft } from './binding-draft.js'
import { ColumnNames } from './column-names.js'
import { columnsOfFunction, functionName } from './function-columns.js'
import { aliasedColumns } from './output-columns.js'
import { columnType, keepsType, type TypeTraits } from './output-types.js'
import {
  allFromItems,
  type CteScope,
  columnAt,
  emptyFrom,
  type FromPart,
  findCte,
  type MergedColumn,
  type Scope,
  starOf,
} from './scope.js'

type JoinExpr = Inside<'JoinExpr'>
type RangeVar = Inside<'RangeVar'>

/** Says what a name that is not a CTE stands for; gives undefined for unknown ones. */
export type RelationOf = (rangeVar: RangeVar) => Relation | undefined

/** Binds what may stand inside a FROM item. */
export interface QueryBinder {
  bindQuery(
    node: Node,
    parent: Block | undefined,
    outer: Scope | undefined,
    ctes: CteScope | undefined,
  ): Block | undefined
  bindExpressions(values: unknown, block: Block, scope: Scope, ctes: CteScope | undefined): void
}

export class FromBinder {
  readonly #draft: BindingDraft
  readonly #relationOf: RelationOf
  readonly #types: TypeTraits
  readonly #queries: QueryBinder

  constructor(draft: BindingDraft, relationOf: RelationOf, types: TypeTraits, queries: QueryBinder) {
    this.#draft = draft
    this.#relationOf = relationOf
    this.#types = types
    this.#queries = queries
  }

  /** @param before what stands to the left of the first item, such as the target of UPDATE */
  bind(
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
      const query = this.#queries.bindQuery(subselect.subquery, block, scope, ctes)
      const name = subselect.alias?.aliasname ?? ''
      if (query === undefined) return alone(this.#draft.opaqueItem(item, block, name))
      const columns = aliasedColumns(
        query.output?.map((column) => column.name),
        subselect.alias?.colnames,
      )
      const fromItem = { kind: 'subquery' as const, name, aliased: true, columns, node: item, block, query }
      return alone(this.#draft.addFromItem({ ...fromItem, nullable: noSides }))
    }
    this.#queries.bindExpressions([item], block, { ...before, outer }, ctes)
    const call = inside(item, 'RangeFunction')
    const columns = call === undefined ? undefined : columnsOfFunction(call)
    return alone(this.#draft.opaqueItem(item, block, nameOfItem(item), columns))
  }

  #bindRangeVar(rangeVar: RangeVar, node: Node, block: Block, ctes: CteScope | undefined): FromItem {
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
      this.#draft.cteReferences.set(rangeVar, cte)
      const own = aliasedColumns(
        cte.query?.output?.map((column) => column.name),
        cte.node.aliascolnames,
      )
      const columns = aliasedColumns(own?.names, renamed)
      return this.#draft.addFromItem({ ...base, kind: 'cte', rangeVar, columns, cte })
    }
    const relation = this.#relationOf(rangeVar)
    if (relation === undefined) return this.#draft.opaqueItem(node, block, name)
    if (relation.kind === 'relation') {
      const { names, types } = partsOf(relation)
      const columns = aliasedColumns(names, renamed)
      const { stable, definition } = relation
      const fromItem = { ...base, kind: 'relation' as const, rangeVar, columns, types, stable }
      return this.#draft.addFromItem({ ...fromItem, definition })
    }
    const columns = aliasedColumns(
      relation.table.columns.map((column) => column.name),
      renamed,
    )
    const fromItem: TableReference = { ...base, kind: 'virtual', rangeVar, columns, table: relation.table }
    this.#draft.tableReferences.push(fromItem)
    this.#draft.virtualReferences.set(rangeVar, fromItem)
    return this.#draft.addFromItem(fromItem)
  }

  #bindJoin(
    join: JoinExpr,
    node: Node,
    block: Block,
    outer: Scope | undefined,
    ctes: CteScope | undefined,
    before: FromPart,
  ): FromPart {
    if (join.larg === undefined || join.rarg === undefined) return emptyFrom
    const left = this.#bindFromItem(join.larg, block, outer, ctes, before)
    const right = this.#bindFromItem(join.rarg, block, outer, ctes, joined(before, left))
    const both = joined(left, right)
    const kind = kindOfJoin(join)
    const clause: Clause = {
      kind: 'on',
      join: kind,
      left: new Set(allFromItems(left)),
      right: new Set(allFromItems(right)),
    }
    this.#draft.addConditions(join.quals, clause, block, allFromItems(both))
    this.#queries.bindExpressions([join.quals], block, { ...both, outer }, ctes)
    const names = join.isNatural === true ? commonColumns(left, right) : (stringsOf(join.usingClause) ?? [])
    const merged = names?.map((name) => this.#mergeColumn(name, left, right, kind, clause, block)) ?? []
    if (names === undefined || merged.some(({ sides }) => sides === undefined))
      this.#draft.uncertainJoins.add(join)
    if (kind === 'left' || kind === 'full') addSide(allFromItems(right), { join, side: 'right' })
    if (kind === 'right' || kind === 'full') addSide(allFromItems(left), { join, side: 'left' })
    const star = names && starOfJoin(left, right, merged)
    const part: FromPart = { ...both, merged: [...both.merged, ...merged], star }
    if (join.alias !== undefined) return this.#hide(part, join.alias, node, block)
    // A NATURAL join may merge columns that are not known here.
    if (names === undefined) return alone(this.#draft.opaqueItem(node, block, ''), allFromItems(both))
    const alias = join.join_using_alias?.aliasname
    // It is another name for the merged columns, which are not found by it.
    const noColumns = new ColumnNames([])
    const renamed = alias === undefined ? [] : [this.#draft.opaqueItem(node, block, alias, noColumns)]
    return { ...part, fromItems: [...part.fromItems, ...renamed] }
  }

  /** An alias hides the names of what is joined; its own columns are theirs. */
  #hide(part: FromPart, alias: NonNullable<JoinExpr['alias']>, node: Node, block: Block): FromPart {
    const columns = aliasedColumns(
      part.star?.map(({ name }) => name),
      alias.colnames,
    )
    const joined = columns && part.star
    const fromItem = this.#draft.opaqueItem(node, block, alias.aliasname ?? '', columns, joined)
    return alone(fromItem, allFromItems(part))
  }

  /** USING is an equality between the two sides' columns, and a name for both. */
  #mergeColumn(
    name: string,
    left: FromPart,
    right: FromPart,
    kind: ReturnType<typeof kindOfJoin>,
    clause: Clause,
    block: Block,
  ): MergedColumn {
    const known = [...left.fromItems, ...right.fromItems].every(({ columns }) => columns !== undefined)
    const leftColumn = known ? certain(columnAt(name, left)) : undefined
    const rightColumn = known ? certain(columnAt(name, right)) : undefined
    if (leftColumn !== undefined && rightColumn !== undefined) {
      const equality: Node = {
        A_Expr: {
          kind: 'AEXPR_OP',
          name: [{ String: { sval: '=' } }],
          lexpr: this.#draft.referenceTo(leftColumn),
          rexpr: this.#draft.referenceTo(rightColumn),
        },
      }
      this.#draft.addConditions(equality, clause, block, [...allFromItems(left), ...allFromItems(right)])
    }
    const fromItems = new Set(
      [...left.fromItems, ...right.fromItems].filter(({ columns }) => columns?.has(name)),
    )
    if (leftColumn === undefined || rightColumn === undefined) {
      return { name, fromItems, value: undefined, sides: undefined }
    }
    const value = kind === 'full' ? undefined : this.#valueOf(leftColumn, rightColumn, kind === 'right')
    return { name, fromItems, value, sides: [leftColumn, rightColumn] }
  }

  /** The column that has the value of both; undefined where that may become one of another type. */
  #valueOf(left: BoundColumn, right: BoundColumn, isRight: boolean): BoundColumn | undefined {
    const [leftType, rightType] = [left, right].map((column) => columnType(column, this.#draft, this.#types))
    if (isRight) return keepsType(rightType, leftType, false) ? right : undefined
    return keepsType(leftType, rightType, true) ? left : undefined
  }

  /** The table that UPDATE, DELETE or MERGE changes. */
  targetReference(target: RangeVar, block: Block): FromItem {
    const relation = this.#relationOf(target)
    const aliased = target.alias !== undefined
    const name = target.alias?.aliasname ?? target.relname ?? ''
    const base = { name, aliased, node: { RangeVar: target }, block, nullable: noSides }
    if (relation?.kind !== 'relation') return this.#draft.opaqueItem(base.node, block, name)
    const { stable } = relation
    const { names, types } = partsOf(relation)
    const columns = new ColumnNames(names)
    const fromItem = { ...base, kind: 'relation' as const, rangeVar: target, columns, types, stable }
    return this.#draft.addFromItem({ ...fromItem, definition: undefined })
  }
}

/** The names of a relation's columns, and their types. */
function partsOf({ columns }: Extract<Relation, { kind: 'relation' }>) {
  return { names: columns.map(({ name }) => name), types: columns.map(({ type }) => type) }
}

const noSides: ReadonlySet<OuterSide> = new Set()

function alone(fromItem: FromItem, hidden: readonly FromItem[] = []): FromPart {
  return { fromItems: [fromItem], merged: [], hidden, star: starOf(fromItem) }
}

function joined(left: FromPart, right: FromPart): FromPart {
  return {
    fromItems: [...left.fromItems, ...right.fromItems],
    merged: [...left.merged, ...right.merged],
    hidden: [...left.hidden, ...right.hidden],
    star: left.star && right.star && [...left.star, ...right.star],
  }
}

/** Merged columns come first, then those of the left, then those of the right. */
function starOfJoin(
  left: FromPart,
  right: FromPart,
  merged: readonly MergedColumn[],
): readonly OutputColumn[] | undefined {
  if (left.star === undefined || right.star === undefined) return undefined
  const names = new Set<string | undefined>(merged.map(({ name }) => name))
  const first: OutputColumn[] = []
  for (const { name, value, sides } of merged) {
    if (sides === undefined) return undefined
    first.push({ name, column: value, reads: sides })
  }
  return [...first, ...[...left.star, ...right.star].filter(({ name }) => !names.has(name))]
}

/** Columns that a NATURAL join compares; undefined when those of one side are not known. */
function commonColumns(left: FromPart, right: FromPart): readonly string[] | undefined {
  const [lefts, rights] = [left, right].map(({ fromItems }) => {
    const names = new Set<string>()
    for (const { columns } of fromItems) {
      if (columns === undefined) return undefined
      for (const name of columns.names) names.add(name)
    }
    return names
  })
  return lefts && rights && [...lefts].filter((name) => rights.has(name))
}

function addSide(fromItems: readonly FromItem[], side: OuterSide): void {
  for (const fromItem of fromItems) fromItem.nullable = new Set([...fromItem.nullable, side])
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

/** The name of a FROM item that is not a table: its alias, or the name of the function. */
function nameOfItem(item: Node): string {
  const function_ = inside(item, 'RangeFunction')
  const alias = function_?.alias ?? inside(item, 'RangeTableFunc')?.alias ?? inside(item, 'JsonTable')?.alias
  return alias?.aliasname ?? (function_ && functionName(function_)) ?? ''
}
