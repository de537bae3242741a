/**
 * Runs something for each item, side by side where the items belong to different workers: those have sets of rows of
 * their own.
 * @returns what came of it, in the items' order; nothing for those of which nothing came
 */
import { workers } from './fuzz-harness.js'

export async function inWorkers<Item, Result>(
  items: readonly Item[],
  workerOf: (item: Item, turn: number) => number,
  run: (item: Item, turn: number, worker: number) => Promise<Result | undefined>,
): Promise<readonly Result[]> {
  const results: (Result | undefined)[] = []
  const work = async (worker: number) => {
    for (const [turn, item] of items.entries()) {
      if (workerOf(item, turn) === worker) results[turn] = await run(item, turn, worker)
    }
  }
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)))
  return results.filter((result) => result !== undefined)
}
