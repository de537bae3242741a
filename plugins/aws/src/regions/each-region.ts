/**
 * How tables ask several regions: side by side, and, where the connection's settings say so, without those that fail.
 */
import { merge, type Scan } from '@millrace/plugin-sdk'

interface RegionScan extends Pick<Scan, 'leaveOut' | 'ignores'> {
  readonly connection: { readonly leavesOutRegions: boolean }
}

/**
 * The items of each region, as they come. Items of a region that fails later stay.
 * @returns the failures of regions that are left out
 * @throws the failure of a region, where none may be left out; of the last one, where all have failed, unless the
 *   settings say to go on without it
 */
export async function* eachRegion<Item>(
  regions: readonly string[],
  scan: RegionScan,
  read: (region: string) => AsyncIterable<Item>,
): AsyncGenerator<Item, readonly unknown[], void> {
  const failures: unknown[] = []
  async function* readOrLeaveOut(region: string): AsyncGenerator<Item, void, void> {
    try {
      yield* read(region)
    } catch (error) {
      const isLast = failures.length + 1 === regions.length
      if (!scan.ignores(error) && (isLast || !scan.connection.leavesOutRegions)) throw error
      scan.leaveOut(`region ${region}`, error)
      failures.push(error)
    }
  }
  yield* merge(regions.map(readOrLeaveOut))
  return failures
}
