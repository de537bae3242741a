/**
 * How tables ask several regions: side by side, and, where the connection's settings say so, without those that fail.
 */
import { eachPart, type Scan } from '@millrace/plugin-sdk'

interface RegionScan extends Pick<Scan, 'leaveOut' | 'ignores'> {
  readonly connection: { readonly leavesOutRegions: boolean }
}

/** The items of each region, as they come; see `eachPart`. */
export function eachRegion<Item>(
  regions: readonly string[],
  scan: RegionScan,
  read: (region: string) => AsyncIterable<Item>,
): AsyncGenerator<Item, readonly unknown[], void> {
  const rules = {
    nameOf: (region: string) => `region ${region}`,
    leavesOut: scan.connection.leavesOutRegions,
  }
  return eachPart(regions, scan, rules, read)
}
