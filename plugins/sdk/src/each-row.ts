/**
 * Tables whose list runs for each row of another list: for each of its rows, or for each row of another table of the
 * plugin.
 */
import type { Columns, Row } from './column.js'
import { divideQuals, takenQuals } from './divide-quals.js'
import { listRows } from './list-rows.js'
import { merge } from './merge.js'
import type { Quals } from './qual.js'
import type { Scan, Table } from './table.js'

/**
 * How many lists run side by side. Their calls wait for their turn under the account's limits, of 50 in flight at most unless a
 * user says so: some more lists, whose rows are on their way meanwhile, keep that many in flight. Others would only take memory.
 */
const listsAtOnce = 64

/** What is read of the parent, the table whose rows are gone through. */
export interface ParentRequest<ParentColumns extends Columns> {
  /** The columns that are needed. Those of hydrate functions are not fetched. */
  readonly columns: readonly (keyof ParentColumns & string)[]
  /**
   * Conditions on the parent's rows: those of the table's own columns that hold the parent's values. Operators that the
   * parent does not take are dropped, and more values than one of its calls takes are divided.
   */
  readonly quals?: Quals<ParentColumns>
  /** What a row is called in the NOTICE that what belongs to it is missing, such as `user jon`. */
  nameOf(row: Row<ParentColumns>): string
}

/** What the parent's scan takes over. */
type ChildScan<Connection> = Omit<Scan<Connection>, 'columns' | 'quals' | 'limit' | 'order' | 'leaveOutValue'>

/**
 * The items of a list for each row of a parent, as they come, while further rows are still listed. A limit does not reach
 * the parent, since a row of it may have nothing. The table must name the parent's calls among its own.
 * @param list gives the items of one row. Where it fails with an error that the user's settings say to ignore, the
 *   others' stay.
 */
export function eachParentRow<Connection, ParentColumns extends Columns, Item>(
  parent: Table<Connection, ParentColumns>,
  scan: ChildScan<Connection>,
  { columns, quals = {}, nameOf }: ParentRequest<ParentColumns>,
  list: (row: Row<ParentColumns>) => AsyncIterable<Item>,
): AsyncGenerator<Item, void, void> {
  const parentScan: Scan<Connection, ParentColumns> = {
    ...scan,
    columns: new Set(columns),
    quals: {},
    limit: undefined,
    order: undefined,
    leaveOutValue: (column, failure) => scan.leaveOut(`${parent.name} without ${column}`, failure),
  }
  async function* parentRows() {
    for (const part of divideQuals(takenQuals(quals, parent.keys), parent.keys)) {
      yield* listRows(parent, { ...parentScan, quals: part as Quals<ParentColumns> })
    }
  }
  async function* listOrLeaveOut(row: Row<ParentColumns>) {
    try {
      yield* list(row)
    } catch (error) {
      if (!scan.ignores(error)) throw error
      scan.leaveOut(nameOf(row), error)
    }
  }
  return eachRow(parentRows(), listOrLeaveOut)
}

/**
 * The items of a list for each row of another, as they come.
 * @param batches of rows; they are asked for as there is room for more lists
 */
export function eachRow<Parent, Item>(
  batches: AsyncIterable<readonly Parent[]>,
  list: (row: Parent) => AsyncIterable<Item>,
): AsyncGenerator<Item, void, void> {
  async function* lists() {
    for await (const batch of batches) for (const row of batch) yield list(row)
  }
  return merge(lists(), listsAtOnce)
}
