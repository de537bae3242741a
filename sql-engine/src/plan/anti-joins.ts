/**
 * Outer joins of which WHERE leaves only the rows that nothing matched: `a LEFT JOIN b ON b.x = a.x WHERE b.x IS NULL`. What
 * is shown of b, as by `SELECT *`, is NULL in all of them.
 */
import {
  type Binding,
  type Block,
  type BoundColumn,
  type Condition,
  type FromItem,
  isColumns,
} from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { type Inside, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import { cannotFail } from './discardable.js'
import { columnType } from './output-types.js'

/** FROM items whose columns are NULL in all rows that a query makes its outputs, its groups and its order of. */
function emptyItems(block: Block, binding: Binding, functions: FunctionTraits): ReadonlySet<FromItem> {
  const empty = new Set<FromItem>()
  if (functions.hasShadowedOperators || !isMadeOfLastRows(block, functions)) return empty
  for (const { clause, expression } of block.conditions) {
    const test = clause.kind === 'where' ? inside(expression, 'NullTest') : undefined
    const column = test?.nulltesttype === 'IS_NULL' ? columnIn(test.arg, binding) : undefined
    // A row may be equal to another, although all of its columns are NULL.
    if (column?.index === undefined || columnType(column, binding, functions) === undefined) continue
    for (const condition of block.conditions) {
      const side = nullableSide(condition)
      if (side?.has(column.fromItem) !== true || !isStrictIn(column, condition.expression, binding)) continue
      for (const fromItem of side) empty.add(fromItem)
    }
  }
  return empty
}

/** What is known to be NULL in the rows of which something is read. */
export class EmptyItems {
  readonly #binding: Binding
  readonly #functions: FunctionTraits
  readonly #ofBlocks = new Map<Block, ReadonlySet<FromItem>>()
  #current: ReadonlySet<FromItem> = none

  constructor(binding: Binding, functions: FunctionTraits) {
    this.#binding = binding
    this.#functions = functions
  }

  /** Whether a FROM item's columns are NULL wherever what is being read is evaluated. */
  has(fromItem: FromItem): boolean {
    return this.#current.has(fromItem)
  }

  /** @param block whose outputs, groups or order are read; undefined for what may be evaluated of rows that WHERE drops */
  reading(block: Block | undefined, read: () => void): void {
    const before = this.#current
    this.#current = block === undefined ? none : this.#of(block)
    read()
    this.#current = before
  }

  #of(block: Block): ReadonlySet<FromItem> {
    const known = this.#ofBlocks.get(block) ?? emptyItems(block, this.#binding, this.#functions)
    this.#ofBlocks.set(block, known)
    return known
  }
}

const none: ReadonlySet<FromItem> = new Set()

/**
 * Whether nothing that is made of a query's rows may be made of those, too, that its WHERE drops, where it might fail:
 * PostgreSQL moves conditions of a query around it into it.
 */
function isMadeOfLastRows(block: Block, functions: FunctionTraits): boolean {
  if (!('limitOption' in block.statement)) return false
  const { parent } = block
  if (parent === undefined) return true
  if (!('limitOption' in parent.statement)) return false
  const outer = parent.statement as Inside<'SelectStmt'>
  if (outer.larg !== undefined) return parent.parent === undefined
  const [only, another] = parent.fromItems
  return (
    another === undefined &&
    only?.kind === 'subquery' &&
    only.query === block &&
    block.output?.every(({ reads }) => isColumns(reads) || cannotFail(reads, functions)) === true &&
    parent.conditions.every(({ expression }) => cannotFail(expression, functions)) &&
    cannotFail(outer.havingClause, functions) &&
    isMadeOfLastRows(parent, functions)
  )
}

/** The side that an outer join fills with NULL where a condition of its own is true of no pair of rows. */
function nullableSide({ clause }: Condition): ReadonlySet<FromItem> | undefined {
  if (clause.kind !== 'on') return undefined
  if (clause.join === 'left') return clause.right
  return clause.join === 'right' ? clause.left : undefined
}

const strictOperators: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>='])

/** Whether a condition is true of no row in which a column is NULL. */
function isStrictIn(column: BoundColumn, condition: Node, binding: Binding): boolean {
  const test = inside(condition, 'NullTest')
  if (test !== undefined) return test.nulltesttype === 'IS_NOT_NULL' && isSame(column, test.arg, binding)
  const { kind, name, lexpr, rexpr } = inside(condition, 'A_Expr') ?? {}
  switch (kind) {
    case 'AEXPR_OP':
      return (
        strictOperators.has(stringsOf(name)?.at(-1) ?? '') &&
        (isSame(column, lexpr, binding) || isSame(column, rexpr, binding))
      )
    case 'AEXPR_IN':
    case 'AEXPR_BETWEEN':
      return isSame(column, lexpr, binding)
    default:
      return false
  }
}

function isSame(column: BoundColumn, node: Node | undefined, binding: Binding): boolean {
  const other = columnIn(node, binding)
  return other?.fromItem === column.fromItem && other.index === column.index
}

function columnIn(node: Node | undefined, binding: Binding): BoundColumn | undefined {
  const reference = inside(node, 'ColumnRef')
  return reference && binding.columnOf(reference)
}
