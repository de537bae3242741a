/** The names of Millrace's own objects in PostgreSQL. */

/** The engine's role: a superuser, which its own connections use. Owns everything that is not the user's. */
export const engineRole = 'millrace_engine'
/** The clients' role: no superuser, owner of the database, may create in `public`. */
export const clientRole = 'millrace'
/** The role of clients that may only read, and write nowhere: it owns nothing, and has no way to functions' loopback. */
export const readerRole = 'millrace_reader'
/** What the roles of the configuration's users have in common: they are members of it, and cannot become it. */
export const userGroup = 'millrace_user'
export const databaseName = 'millrace'

/** Roles that see every connection. Others see what PostgreSQL's privileges let them. */
export const allSeeingRoles = [clientRole, readerRole, engineRole]

/**
 * The prefix of all internal schemas. PostgreSQL reserves names that begin with `pg_`, so tools leave such schemas
 * out of their lists, and pg_dump out of its dumps.
 */
export const hiddenPrefix = 'pg_millrace'
/** The schema of what the engine remembers about itself, and of what its functions read. */
export const internalSchema = hiddenPrefix
/** The schema of scan tables. Emptied at every start. */
export const scanSchema = `${hiddenPrefix}_scan`
/** The schema of the key cache's tables. */
export const lookupSchema = `${hiddenPrefix}_lookup`
/** The schema of the foreign tables by which PostgreSQL itself reads the virtual tables. */
export const foreignSchema = `${hiddenPrefix}_table`
/** The schema of system tables, and of functions that clients may call. */
export const systemSchema = 'millrace'
/** The schema of tables and functions that have Steampipe's names. */
export const steampipeSchema = 'steampipe_internal'
/** The foreign server of all virtual tables; points back at the gateway. */
export const loopbackServer = 'millrace_loopback'

/** The names of schemas in older homes, with their present names. */
export const formerSchemas: ReadonlyMap<string, string> = new Map([
  ['millrace_internal', internalSchema],
  ['millrace_scan', scanSchema],
  ['millrace_lookup', lookupSchema],
])
