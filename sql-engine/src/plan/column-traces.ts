import type { ColumnType } from '@millrace/plugin-sdk'
import {
  type Binding,
  type Block,
  type BoundColumn,
  type FromItem,
  isColumns,
  ownColumn,
  type TableReference,
} from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { keptTypes, outputType } from '../bind/output-types.js'
import { findAll, type Inside, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import { isOfOwnCollation } from './collations.js'
import { integerOf } from './constant-condition.js'
import { distinctOn } from './distinct-on.js'
import type { NeededColumns } from './needed.js'
import { aggregateTags, isRowWise } from './row-wise.js'
import { type Wrapper, wrappedColumn } from './wrapped-column.js'

export interface TracedColumn {
  readonly fromItem: TableReference
  readonly column: string
  /** Whether an outer join on the way may fill it with NULL (besides those around the first FROM item). */
  readonly nullable: boolean
  /** What stands around it in the outputs on the way, from the column outwards: `SELECT host(ip) AS address`. */
  readonly wrappers: readonly Wrapper[]
}

interface OutputOfColumn {
  readonly column: BoundColumn
  readonly wrappers: readonly Wrapper[]
}

type SelectStmt = Inside<'SelectStmt'>

/**
 * Follows columns down to the virtual tables that they come from, as long as dropping rows at the table, by a
 * condition on the column, is the same as dropping them where the column is seen. PostgreSQL pushes conditions down
 * by the same rules: subquery_is_pushdown_safe and qual_is_pushdown_safe in its allpaths.c.
 */
export class ColumnTraces {
  readonly #binding: Binding
  readonly #functions: FunctionTraits
  readonly #needed: Pick<NeededColumns, 'isRead'>

  constructor(binding: Binding, functions: FunctionTraits, needed: Pick<NeededColumns, 'isRead'>) {
    this.#binding = binding
    this.#functions = functions
    this.#needed = needed
  }

  /**
   * The columns of virtual tables that a column comes from: none if it comes from elsewhere; several through set
   * operations.
   */
  of(bound: BoundColumn): readonly TracedColumn[] {
    const { fromItem, index } = bound
    if (fromItem.kind === 'virtual') {
      const own = ownColumn(fromItem, bound)
      return own === undefined ? [] : [{ fromItem, column: own, nullable: false, wrappers: [] }]
    }
    const query = queryOf(fromItem)
    return query === undefined || index === undefined ? [] : this.ofOutput(query, index)
  }

  /** Follows an output column of a query block, by its position from 0 on. */
  ofOutput(query: Block, index: number): readonly TracedColumn[] {
    if (!isSelect(query)) return []
    const select = query.statement as SelectStmt
    if (cutsRows(select)) return []
    if (select.larg !== undefined && select.rarg !== undefined) {
      return this.#ofArms(query, [select.larg, select.rarg], index)
    }
    const output = this.#outputColumn(query, index)
    if (output === undefined || output.column.fromItem.block !== query) return []
    // Rows that are alike in the column are alike in what is made of it.
    if (!this.#passes(query, select, output.column, index)) return []
    const isNullable = output.column.fromItem.nullable.size > 0
    return this.of(output.column).map((traced) => ({
      ...traced,
      nullable: traced.nullable || isNullable,
      wrappers: [...traced.wrappers, ...output.wrappers],
    }))
  }

  /** The column that an output is, or is made of. */
  #outputColumn(query: Block, index: number): OutputOfColumn | undefined {
    const output = query.output?.[index]
    if (output === undefined) return undefined
    if (output.column !== undefined) return { column: output.column, wrappers: [] }
    const wrapped = isColumns(output.reads) ? undefined : wrappedColumn(output.reads, this.#functions)
    const column = wrapped && this.#binding.columnOf(wrapped.reference)
    return column && { column, wrappers: wrapped.wrappers }
  }

  /** Whether dropping rows of a query's result, by whatever condition, is the same as dropping them before. */
  passesConditions(query: Block): boolean {
    if (!isSelect(query)) return false
    const select = query.statement as SelectStmt
    const looksAtRowsTogether =
      cutsRows(select) ||
      select.groupClause !== undefined ||
      select.havingClause !== undefined ||
      select.larg !== undefined ||
      distinctOn(select.distinctClause).length > 0
    const expressions = [select.targetList, select.sortClause]
    return !looksAtRowsTogether && !this.#isVolatile(expressions) && isRowWise(expressions, this.#functions)
  }

  /**
   * The columns that one of a set operation's result comes from. Its type is one that all arms' have been turned into;
   * where that may be another than the virtual column's own, a value that equals the one may not equal the other.
   */
  #ofArms(whole: Block, arms: readonly SelectStmt[], index: number): readonly TracedColumn[] {
    const traced = arms.map((arm) => {
      const block = this.#binding.blockOf(arm)
      return block === undefined ? [] : this.ofOutput(block, index)
    })
    const all = traced.flat()
    const types = new Set(all.map(typeOf))
    const isOneType = types.size === 1 && traced.every((ofArm) => ofArm.length > 0)
    if (isOneType && all.every(isBare)) return all
    // Beside a varchar or the like that comes first, PostgreSQL makes that of a text. Another arm's collation is that of the
    // whole, and under some collations different texts are equal.
    const [first] = arms.map((arm) => this.#binding.blockOf(arm))
    const isTextFirst =
      first !== undefined && outputType(first, index, this.#binding, this.#functions) === 'text'
    const isKept = (type: ColumnType | undefined) =>
      type === 'text'
        ? isTextFirst && !this.#functions.hasNondeterministicCollations
        : type !== undefined && keptTypes.has(type)
    const common = outputType(whole, index, this.#binding, this.#functions)
    const isLooseText = common === 'text' && this.#functions.hasNondeterministicCollations
    // What an expression's type becomes is not looked into.
    const kept = all.filter(
      (one) => isBare(one) && (isKept(typeOf(one)) || (typeOf(one) === common && !isLooseText)),
    )
    return isOfOwnCollation(whole, index, this.#binding) ? kept : kept.map(collated)
  }

  #passes(query: Block, select: SelectStmt, column: BoundColumn, index: number): boolean {
    const expressions = [select.targetList, select.sortClause]
    if (this.#isVolatile(expressions)) return false
    const isGrouped = select.groupClause !== undefined
    if (isGrouped && !this.#isGroupingColumn(query, column)) return false
    if (!isGrouped && (select.havingClause !== undefined || this.#hasAggregates(expressions))) return false
    const on = distinctOn(select.distinctClause)
    const isDistinct = on.length === 0 || on.some((item) => this.#isColumn(item, column, query, index))
    return (
      isDistinct &&
      this.#windowsOf(select, this.#seenOf(query, select)).every((window) =>
        this.#isIn(window, column, query),
      )
    )
  }

  /**
   * Whether all rows of each group have one value in a column. (A column named by ROLLUP and the like has none in
   * some groups.)
   */
  #isGroupingColumn(query: Block, column: BoundColumn): boolean {
    const { groupClause = [] } = query.statement as SelectStmt
    return groupClause.some((item) => this.#isColumn(item, column, query))
  }

  /**
   * The parts of a query that decide what is seen of it: a window of an output that is never read may have any rows.
   */
  #seenOf(query: Block, { targetList, sortClause }: SelectStmt): unknown {
    const { output } = query
    if (output === undefined) return [targetList, sortClause]
    const seen = output.filter((_, index) => this.#needed.isRead(query, index))
    return [seen.map(({ reads }) => (Array.isArray(reads) ? [] : reads)), sortClause]
  }

  /** The lists by which each window function's rows are divided. */
  #windowsOf(select: SelectStmt, expressions: unknown): readonly (readonly Node[])[] {
    const named = new Map(
      (select.windowClause ?? []).flatMap((node) => {
        const definition = inside(node, 'WindowDef')
        return definition?.name === undefined ? [] : [[definition.name, definition] as const]
      }),
    )
    const partitionOf = (window: Inside<'WindowDef'> | undefined, depth = 0): readonly Node[] => {
      const base = window?.refname ?? (depth === 0 ? window?.name : undefined)
      if (base === undefined || depth > named.size) return window?.partitionClause ?? []
      return [...(window?.partitionClause ?? []), ...partitionOf(named.get(base), depth + 1)]
    }
    return findAll(expressions, 'FuncCall').flatMap(({ over }) =>
      over === undefined ? [] : [partitionOf(over)],
    )
  }

  #isIn(partition: readonly Node[], column: BoundColumn, query: Block): boolean {
    return partition.some((item) => {
      const reference = inside(item, 'ColumnRef')
      const bound = reference && this.#binding.columnOf(reference)
      return (
        bound?.fromItem === column.fromItem && bound.index === column.index && column.fromItem.block === query
      )
    })
  }

  /** Whether an item of GROUP BY or DISTINCT ON is a column, by its own name or by that of an output. */
  #isColumn(item: Node, column: BoundColumn, query: Block, output?: number): boolean {
    const position = integerOf(item)
    const reference = inside(item, 'ColumnRef')
    if (position !== undefined) {
      return output === position - 1 || isSame(query.output?.[position - 1]?.column, column)
    }
    if (reference === undefined) return false
    if (!this.#binding.isOutputReference(reference)) return isSame(this.#binding.columnOf(reference), column)
    const [named, ...others] = (query.output ?? []).filter(
      ({ name }) => name === stringsOf(reference.fields)?.at(-1),
    )
    return others.length === 0 && isSame(named?.column, column)
  }

  #isVolatile(expressions: unknown): boolean {
    return findAll(expressions, 'FuncCall').some((call) =>
      this.#functions.isVolatile(stringsOf(call.funcname)?.at(-1) ?? ''),
    )
  }

  /** Whether expressions hold aggregates, in subqueries too, where these may be of the rows outside. */
  #hasAggregates(expressions: unknown): boolean {
    if (aggregateTags.some((tag) => findAll(expressions, tag).length > 0)) return true
    return findAll(expressions, 'FuncCall').some(
      ({ funcname, over }) =>
        over === undefined && this.#functions.isAggregate(stringsOf(funcname)?.at(-1) ?? ''),
    )
  }
}

function typeOf({ fromItem, column }: TracedColumn): ColumnType | undefined {
  return fromItem.table.columns.find(({ name }) => name === column)?.type
}

function isBare({ wrappers }: TracedColumn): boolean {
  return wrappers.every(({ kind }) => kind === 'collation')
}

/** A text that has come to another collation than its own. */
function collated(one: TracedColumn): TracedColumn {
  return typeOf(one) === 'text' ? { ...one, wrappers: [...one.wrappers, { kind: 'collation' }] } : one
}

function isSelect({ statement }: Block): boolean {
  return 'limitOption' in statement
}

/** Whether a query's rows depend on how many there are, or are not rows of tables. */
function cutsRows(select: SelectStmt): boolean {
  return (
    select.limitCount !== undefined ||
    select.limitOffset !== undefined ||
    select.valuesLists !== undefined ||
    select.lockingClause !== undefined ||
    select.intoClause !== undefined
  )
}

function isSame(one: BoundColumn | undefined, other: BoundColumn): boolean {
  return (
    one !== undefined &&
    one.fromItem === other.fromItem &&
    one.index !== undefined &&
    one.index === other.index
  )
}

/** The query behind a FROM item, if no one else reads it. */
function queryOf(fromItem: FromItem): Block | undefined {
  if (fromItem.kind === 'subquery') return fromItem.query
  // Narrowing a CTE for one reader would narrow it for all.
  if (fromItem.kind === 'cte' && fromItem.cte.references === 1 && !fromItem.cte.recursive)
    return fromItem.cte.query
  return undefined
}
