/** Asks about many things side by side, where one that fails must not keep back the others. */
import { ApiError, merge, type Scan } from '@millrace/plugin-sdk'

/**
 * The rows of each thing, as they come. What fails is left out with a notice; where everything fails, it is the API.
 * @param nameOf what the rows belong to, for the notice
 * @throws the first failure, where nothing has been answered
 */
export async function* sideBySide<Item, Result>(
  items: readonly Item[],
  ask: (item: Item) => Promise<readonly Result[]>,
  nameOf: (item: Item) => string,
  scan: Pick<Scan, 'leaveOut' | 'signal'>,
): AsyncGenerator<readonly Result[], void, void> {
  const failures: { readonly item: Item; readonly error: unknown }[] = []
  async function* rowsOf(item: Item): AsyncGenerator<readonly Result[], void, void> {
    try {
      const rows = await ask(item)
      yield rows
    } catch (error) {
      if (scan.signal.aborted || !ApiError.is(error)) throw error
      failures.push({ item, error })
    }
  }
  yield* merge(items.map(rowsOf))
  const [first] = failures
  if (first === undefined) return
  if (failures.length === items.length) throw first.error
  for (const { item, error } of failures) scan.leaveOut(nameOf(item), error)
}
