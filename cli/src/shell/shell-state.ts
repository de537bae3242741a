/** What a shell's meta-commands change. */
import type { Format } from '../output/format-names.js'

export interface ShellState {
  format: Format
  header: boolean
  separator: string
  timing: boolean
  /** Whether statements go on until a semicolon; otherwise every line is one. */
  multi: boolean
  ended: boolean
}

export function initialState(): ShellState {
  return { format: 'table', header: true, separator: ',', timing: true, multi: true, ended: false }
}
