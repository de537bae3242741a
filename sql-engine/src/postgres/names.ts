/** The names of Millrace's own objects in PostgreSQL. */

/** The embedded PostgreSQL's superuser, which the engine's own connections use there. */
export const engineRole = 'millrace_engine'
/** The clients' role there: no superuser, owner of the database, may create in `public`. */
export const clientRole = 'millrace'
/** The role of clients that may only read, and write nowhere: it owns nothing, and has no way to functions' loopback. */
export const readerRole = 'millrace_reader'
/** What the roles of the configuration's users have in common: they are members of it, and cannot become it. */
export const userGroup = 'millrace_user'
export const databaseName = 'millrace'

/**
 * The prefix of all internal schemas there. PostgreSQL reserves names that begin with `pg_`, so tools leave such schemas
 * out of their lists, and pg_dump out of its dumps.
 */
export const hiddenPrefix = 'pg_millrace'

/** The names that are not the same in every PostgreSQL that the engine works with. */
export interface Names {
  readonly database: string
  /** The role of the engine's own connections. Owns everything that is not the user's. */
  readonly engineRole: string
  /** The role of clients. */
  readonly clientRole: string
  /** The role of clients that may only read; undefined where there is none. */
  readonly readerRole: string | undefined
  /** The schema of what the engine remembers about itself, and of what its functions read. */
  readonly internalSchema: string
  /** The schema of scan tables. Emptied at every start. */
  readonly scanSchema: string
  /** The schema of the key cache's tables. */
  readonly lookupSchema: string
  /** The schema of the foreign tables by which PostgreSQL itself reads the virtual tables. */
  readonly foreignSchema: string
}

export const embeddedNames: Names = {
  database: databaseName,
  engineRole,
  clientRole,
  readerRole,
  internalSchema: hiddenPrefix,
  scanSchema: `${hiddenPrefix}_scan`,
  lookupSchema: `${hiddenPrefix}_lookup`,
  foreignSchema: `${hiddenPrefix}_table`,
}

/** The roles of clients, each once. */
export function clientRolesOf({ clientRole, readerRole }: Names): readonly string[] {
  return [...new Set([clientRole, ...(readerRole === undefined ? [] : [readerRole])])]
}

/** The internal schemas of a PostgreSQL where Millrace is a guest: only a superuser may have names with `pg_`. */
export const guestSchemas = {
  internalSchema: 'millrace_internal',
  scanSchema: 'millrace_scan',
  lookupSchema: 'millrace_lookup',
  foreignSchema: 'millrace_table',
} as const satisfies Partial<Names>

const internalSchemas: ReadonlySet<string> = new Set([
  ...internalSchemasOf(embeddedNames),
  ...Object.values(guestSchemas),
])

/** The schemas that no client needs to know. */
export function internalSchemasOf(
  names: Pick<Names, 'internalSchema' | 'scanSchema' | 'lookupSchema' | 'foreignSchema'>,
): readonly string[] {
  return [names.internalSchema, names.scanSchema, names.lookupSchema, names.foreignSchema]
}

/** Whether it is an internal schema's name, in whatever PostgreSQL. */
export function isInternalSchema(name: string): boolean {
  return internalSchemas.has(name)
}

/** The schema of system tables, and of functions that clients may call. */
export const systemSchema = 'millrace'
/** The schema of tables and functions that have Steampipe's names. */
export const steampipeSchema = 'steampipe_internal'
/** The schema of functions that stand in pg_catalog where the engine may write there. */
export const castSchema = 'millrace_cast'
/** The foreign server of all virtual tables; points back at the gateway. */
export const loopbackServer = 'millrace_loopback'

/** Whether a schema's tables are Millrace's own, and no connection's. */
export function isSystemSchema(name: string): boolean {
  return name === systemSchema || name === steampipeSchema || isInternalSchema(name)
}

/** The names of schemas in older homes, with their present names. */
export const formerSchemas: ReadonlyMap<string, string> = new Map([
  ['millrace_internal', embeddedNames.internalSchema],
  ['millrace_scan', embeddedNames.scanSchema],
  ['millrace_lookup', embeddedNames.lookupSchema],
])
