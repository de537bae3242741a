/**
 * What a statement's names stand for: its query blocks, what each reads from, and its conditions.
 */
import type { ColumnType } from '@millrace/plugin-sdk'
import type { VirtualTable } from '../catalog/virtual-table.js'
import type { Inside, Node } from '../parse/syntax-tree.js'
import type { ColumnNames } from './column-names.js'

/** One side of an outer join whose columns may be NULL because nothing matched. Compared by identity. */
export interface OuterSide {
  readonly join: Inside<'JoinExpr'>
  readonly side: 'left' | 'right'
}

interface FromItemBase {
  /** The name by which expressions refer to it: its alias, or else its own name. */
  readonly name: string
  /** Whether the name is an alias; then schema-qualified references do not reach it. */
  readonly aliased: boolean
  /** The names of its columns; undefined when they are not known. */
  readonly columns: ColumnNames | undefined
  /** The FROM item, as the parser gave it. */
  readonly node: Node
  readonly block: Block
  /** The outer joins that may fill its columns with NULL. */
  nullable: ReadonlySet<OuterSide>
}

/** A reference to one of our foreign tables. */
export interface TableReference extends FromItemBase {
  readonly kind: 'virtual'
  readonly rangeVar: Inside<'RangeVar'>
  readonly table: VirtualTable
}

/** A reference to anything else in PostgreSQL's catalog. */
export interface RelationReference extends FromItemBase {
  readonly kind: 'relation'
  readonly rangeVar: Inside<'RangeVar'>
  /** Those of its columns, in their order. */
  readonly types: readonly RelationColumn['type'][]
  /** Rows read twice are the same rows: a table, not a view. */
  readonly stable: boolean
  /** See {@link Relation}. */
  readonly definition: string | undefined
}

export interface CteReference extends FromItemBase {
  readonly kind: 'cte'
  readonly rangeVar: Inside<'RangeVar'>
  readonly cte: Cte
}

export interface SubqueryItem extends FromItemBase {
  readonly kind: 'subquery'
  readonly query: Block
}

/** A function, VALUES under column aliases, a join under an alias, and anything else that stands in FROM. */
export interface OpaqueItem extends FromItemBase {
  readonly kind: 'opaque'
  /**
   * What the columns of a join's alias are, in order; undefined for everything else, and where that is not certain.
   */
  readonly joined: readonly OutputColumn[] | undefined
}

/** Something that a block reads rows from. */
export type FromItem = TableReference | RelationReference | CteReference | SubqueryItem | OpaqueItem

export interface Cte {
  readonly name: string
  readonly node: Inside<'CommonTableExpr'>
  readonly recursive: boolean
  /** The CTE's query; undefined while its own body is being bound, which only a recursive CTE can see. */
  query: Block | undefined
  references: number
}

/** Where a condition stands. */
export type Clause =
  | { readonly kind: 'where' }
  /**
   * HAVING of a query whose groups are all of one kind: no ROLLUP, CUBE or GROUPING SETS. A column may stand there by
   * itself only if all rows of a group have one value in it.
   */
  | { readonly kind: 'having' }
  | {
      readonly kind: 'on'
      readonly join: 'inner' | 'left' | 'right' | 'full'
      readonly left: ReadonlySet<FromItem>
      readonly right: ReadonlySet<FromItem>
    }

/** One of the conditions, joined by AND, of a WHERE or ON. */
export interface Condition {
  readonly expression: Node
  readonly clause: Clause
  readonly block: Block
  /** FROM items whose columns may be NULL, because nothing matched, where this condition is checked. */
  readonly nullable: ReadonlySet<FromItem>
}

/** A SELECT (or similar) with a FROM of its own. */
export interface Block {
  readonly parent: Block | undefined
  readonly statement: object
  readonly fromItems: FromItem[]
  readonly conditions: Condition[]
  /** Blocks inside it: subqueries in FROM and in expressions, arms of a set operation. */
  readonly children: Block[]
  /** The output columns in order; undefined when they are not known. */
  output: readonly OutputColumn[] | undefined
}

export interface OutputColumn {
  /** The column's name; undefined where the name that PostgreSQL gives it is not known. */
  readonly name: string | undefined
  /** The column that it shows, when it is only a column. */
  readonly column: BoundColumn | undefined
  /** The expression that computes it, or the columns that a star stands for here. */
  readonly reads: Node | readonly BoundColumn[]
}

/** Whether an output is a star's column, or one of a join's alias, rather than an expression. */
export function isColumns(reads: OutputColumn['reads']): reads is readonly BoundColumn[] {
  return Array.isArray(reads)
}

/** A column reference, resolved. */
export interface BoundColumn {
  readonly fromItem: FromItem
  readonly column: string
  /** The position among the FROM item's columns, from 0 on; undefined where those are not known. */
  readonly index: number | undefined
}

export interface Binding {
  readonly tableReferences: readonly TableReference[]
  readonly blocks: readonly Block[]
  readonly ctes: readonly Cte[]
  /** The column that a reference means; undefined if it is not resolved for certain. */
  columnOf(reference: Inside<'ColumnRef'>): BoundColumn | undefined
  /** Whether a reference in GROUP BY, ORDER BY or DISTINCT ON means an output column. */
  isOutputReference(reference: Inside<'ColumnRef'>): boolean
  cteOf(rangeVar: Inside<'RangeVar'>): Cte | undefined
  virtualOf(rangeVar: Inside<'RangeVar'>): TableReference | undefined
  /** Whether it is known which columns a NATURAL join, or one with USING, compares. */
  isCertainJoin(join: Inside<'JoinExpr'>): boolean
  /** References to `tableoid`, which must be that of the virtual table. */
  readonly tableOids: ReadonlyMap<Inside<'ColumnRef'>, TableReference>
  /** The block of a subquery in an expression. */
  blockOf(select: object): Block | undefined
}

/** The table's own name for a column that an alias may have renamed. */
export function ownColumn({ table }: TableReference, { index }: BoundColumn): string | undefined {
  return index === undefined ? undefined : table.columns[index]?.name
}

export interface RelationColumn {
  readonly name: string
  /** Undefined for other types, and for texts in another collation than the database's. */
  readonly type: ColumnType | undefined
}

/** What PostgreSQL says of a name in the client's session. */
export type Relation =
  | { readonly kind: 'virtual'; readonly table: VirtualTable }
  | {
      readonly kind: 'relation'
      readonly columns: readonly RelationColumn[]
      readonly stable: boolean
      /**
       * The query that replaces a view which reads virtual tables, if it may be replaced: all names in it that are
       * not in pg_catalog are qualified.
       */
      readonly definition: string | undefined
    }
