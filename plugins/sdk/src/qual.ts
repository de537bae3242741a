/**
 * Quals: conditions on one column that a query asks for and a table may use to fetch less.
 *
 * The law: a table may return more rows than its quals allow, never fewer. PostgreSQL checks every
 * condition again over what was fetched.
 */
import type { Columns, ColumnType, QualValues } from './column.js'

/** Operators, by PostgreSQL's own names (`~~` is LIKE, `~~*` is ILIKE). */
export type ComparisonOperator = '<' | '<=' | '>' | '>='
export type PatternOperator = '~~' | '~~*' | '!~~' | '!~~*' | '~' | '~*' | '!~' | '!~*'
export type NullTest = 'is null' | 'is not null'
export type Operator = '=' | '<>' | ComparisonOperator | PatternOperator | NullTest

/** The operators that conditions on a column can have: patterns are of texts only. */
export type OperatorOf<Type extends ColumnType> = Type extends 'text'
  ? Operator
  : Exclude<Operator, PatternOperator>

/** A value of any column's type, in the form of quals. */
export type QualValue = QualValues[ColumnType]

/** One condition on a column; several on the same column all hold (AND). */
export type Qual<Value = unknown> =
  /** The column equals one of the values: `=`, `IN`, `= ANY`, keys of a join. Distinct, never NULL, never empty. */
  | { readonly operator: '='; readonly values: readonly [Value, ...Value[]] }
  | { readonly operator: '<>'; readonly value: Value }
  | { readonly operator: ComparisonOperator; readonly value: Value }
  | { readonly operator: PatternOperator; readonly value: string }
  | { readonly operator: NullTest }

/**
 * The quals of one scan, by column. Only operators that the table's keys declare appear, and a column has at most one
 * `=` qual.
 */
export type Quals<TableColumns extends Columns = Columns> = {
  readonly [Name in keyof TableColumns]?: readonly Qual<QualValues[TableColumns[Name]['type']]>[]
}

/** The values of a column's `=` qual; undefined when the scan has none. */
export function equalValues<Value>(
  quals: readonly Qual<Value>[] | undefined,
): readonly [Value, ...Value[]] | undefined {
  for (const qual of quals ?? []) if (qual.operator === '=') return qual.values
  return undefined
}

/**
 * The one value of a column's `=` qual. For a key with `valuesPerCall: 1`.
 * @returns undefined when the scan has no `=` qual on the column, or one with several values.
 */
export function equalValue<Value>(quals: readonly Qual<Value>[] | undefined): Value | undefined {
  const values = equalValues(quals)
  return values?.length === 1 ? values[0] : undefined
}
