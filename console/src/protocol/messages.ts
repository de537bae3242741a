/** What the server and the page tell each other. Both are of one build, so neither checks the other's shapes. */

/** A value as PostgreSQL prints it; booleans as `true` and `false`. */
export type Value = string | null

export type Row = readonly Value[]

export interface Column {
  readonly name: string
  /** The OID of its type. */
  readonly oid: number
  /** As `format_type` has it, such as `timestamp with time zone`. */
  readonly type: string
}

/** What PostgreSQL says of an error, or in a notice. */
export interface Report {
  readonly severity: string
  readonly message: string
  readonly code?: string | undefined
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  readonly where?: string | undefined
  /** Where in the statement, in UTF-16 units from 0 on. */
  readonly position?: number | undefined
}

/** What has become of one scan, as `millrace.scan` has it. */
export interface ScanRecord {
  readonly connection: string
  readonly table: string
  readonly calls: number
  readonly retries: number
  readonly throttles: number
  readonly rows: number
  readonly bytes: number
  readonly cache: string
  readonly milliseconds: number
  readonly error: string | null
}

/** How far one scan has come, as the notices of `millrace.progress = 'json'` tell it; times in milliseconds since the first. */
export interface ScanProgress {
  /** Its number among the statement's scans, in the order in which they began. */
  readonly scan: number
  readonly connection: string
  readonly table: string
  readonly calls: number
  readonly retries: number
  readonly throttles: number
  readonly inFlight: number
  /** Calls that wait for their turn. */
  readonly waiting: number
  readonly rows: number
  /** Keys that are asked for, as far as they are known; 0 where there are none. */
  readonly keys: number
  readonly keysDone: number
  readonly begun: number
  /** Undefined while it runs. */
  readonly ended?: number | undefined
  /** As in `millrace.scan`; undefined while it runs. */
  readonly cache?: string | undefined
  readonly error?: string | undefined
}

/** One call that has ended. */
export interface CallSpan {
  readonly scan: number
  readonly call: string
  /** When it wanted to begin, did, and ended, in milliseconds since the statement's first scan. */
  readonly wanted: number
  readonly begun: number
  readonly ended: number
  readonly outcome: 'answered' | 'throttled' | 'failed'
}

export interface Progress {
  readonly scans: readonly ScanProgress[]
  /** Those that have ended since the last notice. */
  readonly calls: readonly CallSpan[]
}

/** Events of a run, a line of JSON each. The last one is `ended` or `failed`. */
export type RunEvent =
  | { readonly kind: 'notice'; readonly report: Report }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'columns'; readonly columns: readonly Column[] }
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  /** How many rows there are, as far as they have been counted. */
  | { readonly kind: 'counted'; readonly rows: number }
  | {
      readonly kind: 'ended'
      readonly rows: number
      /** Whether there may be more rows: they have not been read. */
      readonly isCut: boolean
      /** Where further rows can be read; undefined where all have been sent. */
      readonly result: string | undefined
      readonly milliseconds: number
      readonly scans: readonly ScanRecord[]
    }
  | {
      readonly kind: 'failed'
      readonly report: Report
      readonly milliseconds: number
      readonly scans: readonly ScanRecord[]
    }

export interface RunRequest {
  readonly sql: string
  /** Whether APIs are asked although their rows are cached. */
  readonly fresh: boolean
}

/** Rows of one part of a result, as a page asks for them. */
export const partRows = 200

/** A condition that PostgreSQL alone checks, and why. */
export interface KeptCondition {
  readonly condition: string
  readonly reason: string
}

/** What a statement would ask of one table. */
export interface PlannedScan {
  readonly number: number
  readonly table: string
  readonly alias: string | undefined
  /** Numbers of the scans whose rows it waits for. */
  readonly after: readonly number[]
  readonly columns: readonly string[]
  readonly pushed: readonly string[]
  readonly kept: readonly KeptCondition[]
  readonly limit: string | undefined
  readonly calls: string
  readonly costs: readonly string[]
}

export type PriceAnswer =
  | { readonly kind: 'priced'; readonly scans: readonly PlannedScan[] }
  /** The statement cannot be priced: it is no query. */
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly report: Report }

export interface CatalogColumn {
  readonly name: string
  readonly type: string
  readonly description: string | null
  /** Operators whose conditions reach the API; null for columns that are no keys. */
  readonly operators: readonly string[] | null
  /** Whether the API cannot be asked without it. */
  readonly require: string | null
}

export interface CatalogTable {
  readonly connection: string
  readonly name: string
  readonly description: string | null
  readonly columns: readonly CatalogColumn[]
}

export interface CatalogConnection {
  readonly name: string
  readonly plugin: string
  readonly tables: number
  readonly state: string
  readonly error: string | null
}

export interface Example {
  readonly title: string
  readonly sql: string
}

export interface CatalogAnswer {
  readonly version: string
  readonly connections: readonly CatalogConnection[]
  readonly tables: readonly CatalogTable[]
  readonly examples: readonly Example[]
  /** Whether statements may write. */
  readonly writes: boolean
}

export interface CachedRows {
  readonly connection: string
  readonly table: string
  readonly rows: number
  readonly bytes: number
  readonly seconds: number
}

/** Formats of files that results can be saved in. */
export const downloadFormats = ['csv', 'jsonl', 'parquet'] as const

export type DownloadFormat = (typeof downloadFormats)[number]
