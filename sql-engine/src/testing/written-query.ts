import type { ScopeColumn } from './random-expression.js'

/** A query, and the columns that it yields. */
export interface WrittenQuery {
  readonly text: string
  readonly columns: readonly ScopeColumn[]
}
