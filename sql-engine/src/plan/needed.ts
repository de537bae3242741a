import type { Block, TableReference } from '../bind/binding.js'

/** What a statement's result depends on. */
export interface NeededColumns {
  /** The columns of every virtual table; tables that nothing reads need none. */
  readonly columns: ReadonlyMap<TableReference, ReadonlySet<string>>
  /** Tables whose rows are read, if only to count them. */
  readonly readReferences: ReadonlySet<TableReference>
  /** Whether something reads an output of a query, by its position, or PostgreSQL may have to compute it. */
  isRead(block: Block, index: number): boolean
  /** Whether something that is read depends on the order of a query's rows, as far as ORDER BY says it. */
  isOrderRead(block: Block): boolean
}
