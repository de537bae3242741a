/** The plan of one scan: its conditions, where their values come from, and what must be staged before. */
import type { Key, ScanOrder } from '@millrace/plugin-sdk'
import type { Condition, TableReference } from '../bind/binding.js'
import type { Node } from '../parse/syntax-tree.js'
import type { KeyQuery } from './key-query.js'
import type { NotPushed } from './not-pushed.js'
import type { Comparison, ParameterList, ValueSource } from './pushable.js'

/** Where the values of a planned condition come from. */
export type PlannedSource = { readonly kind: 'boolean'; readonly value: boolean } | QuerySource

export interface QuerySource {
  readonly kind: 'query'
  readonly source: Exclude<ValueSource, { kind: 'boolean' }>
  readonly query: KeyQuery
}

export type PlannedComparison =
  | {
      readonly operator: '='
      readonly sources: readonly PlannedSource[]
      /** See {@link Equality}. */
      readonly lists: readonly ParameterList[]
      /** What is asked for instead where the parameters of a list are of several types; undefined for nothing. */
      readonly together: QuerySource | undefined
    }
  | {
      readonly operator: Exclude<Comparison['operator'], '=' | 'is null' | 'is not null'>
      readonly source: QuerySource
    }
  | { readonly operator: 'is null' | 'is not null' }

export interface PlannedQual {
  readonly column: string
  readonly key: Key
  readonly comparison: PlannedComparison
  readonly condition: Condition
  /** Whether the condition says no more of the column than the comparison does. */
  readonly isExact: boolean
}

export interface RefusedQual {
  readonly condition: Condition
  readonly reason: NotPushed
}

export interface PlannedLimit {
  /** LIMIT and OFFSET of the block, whose sum bounds the rows needed. */
  readonly bounds: readonly Node[]
  /** The order by which the first rows are needed; undefined when any will do. */
  readonly order: ScanOrder | undefined
}

export interface ScanPlan {
  readonly fromItem: TableReference
  /** Whether its rows can reach no answer, so that there is nothing to ask. */
  readonly isNeverRead: boolean
  readonly quals: readonly PlannedQual[]
  /** The limit, which holds if every qual is pushed. */
  readonly limit: PlannedLimit | undefined
  /** Conditions that have a pushable form, but are not pushed. */
  readonly refused: () => readonly RefusedQual[]
  /** Scans whose rows the key queries read. */
  readonly after: ReadonlySet<TableReference>
}
