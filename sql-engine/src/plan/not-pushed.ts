/** Why a condition is not pushed to a table's API. PostgreSQL checks it over what is fetched. */
import type { Operator } from '@millrace/plugin-sdk'

export type NotPushed =
  /** The table's API takes no conditions on the column. */
  | { readonly kind: 'no key'; readonly column: string }
  /** The API takes other operators on the column. */
  | { readonly kind: 'operator'; readonly column: string; readonly taken: readonly Operator[] }
  /** The column has another type in the catalog than the plugin gives it. */
  | { readonly kind: 'column type'; readonly column: string }
  /** The values stand in rows that are fetched later. */
  | { readonly kind: 'later rows' }
  /** It calls a function that may give another result each time. */
  | { readonly kind: 'volatile'; readonly functionName: string }
  /** It cannot be evaluated before the statement runs, for another reason. */
  | { readonly kind: 'not evaluated apart' }
  /** A bound that differs from row to row cannot be pushed. */
  | { readonly kind: 'bound by row' }
  /** There are collations under which different texts are equal. */
  | { readonly kind: 'collation' }
  /** A regular expression asks for digits, which are more than those of ASCII here. */
  | { readonly kind: 'digits' }
  /** An outer join keeps the table's rows, whether they fulfil it or not. */
  | { readonly kind: 'outer join' }
  /** It does not compare a column of the table with something that is known without the table's rows. */
  | { readonly kind: 'form' }
  /** The value cannot be turned into one of the column's type exactly. */
  | { readonly kind: 'inexact'; readonly column: string }
