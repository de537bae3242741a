/**
 * How tables ask several parts of an API, such as its regions: side by side, and, where the user's settings say so,
 * without those that fail.
 */
import { merge } from './merge.js'
import type { Scan } from './table.js'

export interface PartRules<Part> {
  /** What a part is called in the NOTICE that its rows are missing, such as `region eu-west-1`. */
  nameOf(part: Part): string
  /**
   * Whether the settings of the connection say to go on without any part that fails. Without, only what
   * {@link Scan.ignores} says is gone on without.
   */
  readonly leavesOut?: boolean
}

/**
 * The items of each part, as they come. Items of a part that fails later stay. Give only the parts that the quals leave:
 * for a column with the part's name, `mayFulfil` says which.
 *
 * Parts of several kinds are all their combinations. For accounts, users configure a connection each, and an aggregator
 * over them, which works for every plugin.
 * @returns the failures of parts that are left out
 * @throws the failure of a part, where none may be left out; of the last one, where all have failed, unless the
 *   settings say to go on without it
 */
export async function* eachPart<Part, Item>(
  parts: readonly Part[],
  scan: Pick<Scan, 'leaveOut' | 'ignores'>,
  { nameOf, leavesOut = false }: PartRules<Part>,
  read: (part: Part) => AsyncIterable<Item>,
): AsyncGenerator<Item, readonly unknown[], void> {
  const failures: unknown[] = []
  async function* readOrLeaveOut(part: Part): AsyncGenerator<Item, void, void> {
    try {
      yield* read(part)
    } catch (error) {
      const isLast = failures.length + 1 === parts.length
      if (!scan.ignores(error) && (isLast || !leavesOut)) throw error
      scan.leaveOut(nameOf(part), error)
      failures.push(error)
    }
  }
  yield* merge(parts.map(readOrLeaveOut))
  return failures
}
