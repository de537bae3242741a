/** Whether a connection works, as a plugin finds out by one cheap call. */
import type { Scan } from './table.js'

/** What a check may do: calls go through it, as those of tables do. */
export type CheckScan = Pick<Scan, 'call' | 'signal'>

/** What is known of a connection that works. */
export interface CheckResult {
  /**
   * By short names, in the order in which they are shown: whose account is asked, which regions, on which plan. No secrets.
   */
  readonly facts: Readonly<Record<string, string>>
  /** What does not work although the connection does, each with what to do about it. */
  readonly missing?: readonly string[]
}
