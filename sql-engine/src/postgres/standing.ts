/** What the engine is in its PostgreSQL, and so may do there. Whatever depends on it asks here. */
export type Standing = Owner | Guest

/** A superuser of a PostgreSQL that nobody else has. */
export interface Owner {
  readonly kind: 'owner'
}

/** An ordinary role in a PostgreSQL that is its user's. */
export interface Guest {
  readonly kind: 'guest'
  /** The server's version as it gives it by `server_version_num`: 150018 for 15.18. */
  readonly version: number
  /** Whether PostgreSQL can ask the gateway by itself, by its extension postgres_fdw. */
  readonly loopback: GuestLoopback
  /** What a client's session has on its search path where nothing of Millrace's is said of it. */
  readonly usualSearchPath: string
  /** Settings that sessions begin with, unless their clients say otherwise: a guest sets none for a database or a role. */
  readonly sessionSettings: Map<string, string>
}

export type GuestLoopback =
  | { readonly kind: 'usable' }
  | { readonly kind: 'refused'; readonly reason: string; readonly remedy: string }

/** The versions from which on PostgreSQL has what is asked of it. */
export const since = {
  /** `CREATE TABLE … (column type STORAGE …)` */
  storageClause: 160000,
  /** `pg_input_is_valid` */
  inputIsValid: 160000,
} as const
