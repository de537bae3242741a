import type { ScanOrder } from '@millrace/plugin-sdk'

/** How many rows of a scan are needed. */
export interface ScanLimit {
  readonly rows: number
  /** The order by which they are the first rows; undefined when any will do. */
  readonly order: ScanOrder | undefined
}
