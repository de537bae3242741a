/** What a shell's meta-commands change. */
import type { Format } from '../output/format-names.js'
import type { Timing } from '../query/timing.js'

export interface ShellState {
  format: Format
  header: boolean
  separator: string
  timing: Timing
  /** Whether results longer than the screen go to a pager. */
  pager: boolean
  /** Whether statements go on until a semicolon; otherwise every line is one. */
  multi: boolean
  ended: boolean
}

export function initialState(): ShellState {
  return {
    format: 'table',
    header: true,
    separator: ',',
    timing: 'on',
    pager: true,
    multi: true,
    ended: false,
  }
}
