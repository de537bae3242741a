import type { FileFormat, Format } from '../output/format-names.js'
import type { Variables } from '../sql/variables.js'
import type { Timing } from './timing.js'

export interface ExportTarget {
  readonly path: string
  readonly format: FileFormat
}

/** What the command line of `millrace query` says. */
export interface QueryOptions {
  /** SQL, names of files, or `-`; none is standard input. */
  readonly inputs: readonly string[]
  /** Undefined where nothing is said: a table, or nothing beside an export. */
  readonly output: Format | undefined
  readonly exports: readonly ExportTarget[]
  readonly header: boolean
  readonly separator: string
  readonly timing: Timing
  /** Whether a pager may be used on a terminal. */
  readonly pager: boolean
  readonly explain: boolean
  readonly variables: Variables
  /** URL of another database than the home's. */
  readonly database: string | undefined
  readonly searchPath: readonly string[] | undefined
  readonly searchPathPrefix: readonly string[]
  /** Seconds; undefined for none. */
  readonly timeout: number | undefined
}
