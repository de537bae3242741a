/**
 * The conditions of a statement that could narrow a scan, by their form alone. Whether one may be pushed,
 * and when its values are known, is decided elsewhere.
 */
import type { Operator } from '@millrace/plugin-sdk'
import type { Condition, FromItem, TableReference } from '../bind/binding.js'
import type { Node } from '../parse/syntax-tree.js'
import type { Reading } from './textual-value.js'

/** Where values for a column come from. */
export type ValueSource =
  | (QueriedSource & {
      /** How the values are read from texts made of the column's; undefined for values that are as the column's. */
      readonly reading?: Reading
      /** Whether NULL equals NULL: `IS NOT DISTINCT FROM`. */
      readonly matchesNull?: true
      /** Whether values of type character are compared without trailing blanks in the column's. */
      readonly ignoresBlanks?: true
    })
  | { readonly kind: 'boolean'; readonly value: boolean }

export type QueriedSource =
  /** One value; or one for each row, when the expression refers to other FROM items. */
  | { readonly kind: 'expression'; readonly node: Node }
  /** The elements of an array: `= ANY (…)`. */
  | { readonly kind: 'elements'; readonly node: Node }
  /** One of the columns of a subquery's rows: `IN (SELECT …)`. The first one's index is 0. */
  | { readonly kind: 'subquery'; readonly select: Node; readonly index: number; readonly count: number }

/** The numbers of parameters that are listed. */
export type ParameterList = readonly number[]

export type Comparison =
  /** The column equals one of the values of one of the sources. */
  | {
      readonly operator: '='
      readonly sources: readonly ValueSource[]
      /** Lists of parameters alone, of which the sources are: all of one list have one type there. */
      readonly lists?: readonly ParameterList[]
    }
  | {
      readonly operator: Exclude<Operator, '=' | 'is null' | 'is not null'>
      readonly node: Node
      /**
       * The bounds of BETWEEN SYMMETRIC, of which `node` is the farther one. Literals have the type that is compared.
       */
      readonly bounds?: readonly Node[]
    }
  | { readonly operator: 'is null' | 'is not null' }

export type Equality = Extract<Comparison, { operator: '=' }>

/** A condition on a column of a virtual table. */
export interface Pushable {
  readonly fromItem: TableReference
  readonly column: string
  readonly comparison: Comparison
  readonly condition: Condition
  /** Whether the condition says no more of the column than the comparison does. */
  readonly isExact: boolean
  /** The FROM item of the condition's own block through which it reaches the table; undefined through IN. */
  readonly anchor: FromItem | undefined
}
