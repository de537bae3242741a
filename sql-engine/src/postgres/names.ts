/** Names of our own objects inside PostgreSQL. */

/** Superuser; the engine's own connections. Owns everything that is not the user's. */
export const engineRole = 'millrace_engine'
/** Clients' role: no superuser, owner of the database, may create in `public`. */
export const clientRole = 'millrace'
export const databaseName = 'millrace'

/**
 * Begin of the names of all schemas that are nobody's business but ours. PostgreSQL keeps names that begin with `pg_`
 * for itself, so tools leave such schemas out of their lists, and pg_dump out of its dumps.
 */
export const hiddenPrefix = 'pg_millrace'
/** What the engine remembers about itself, and what its functions read. */
export const internalSchema = hiddenPrefix
/** Scan tables live here. Emptied at every start. */
export const scanSchema = `${hiddenPrefix}_scan`
/** Tables of lookups live here. */
export const lookupSchema = `${hiddenPrefix}_lookup`
/** The foreign tables by which PostgreSQL itself reads the virtual tables. */
export const foreignSchema = `${hiddenPrefix}_table`
/** Millrace's own virtual tables, and functions that clients may call. */
export const systemSchema = 'millrace'
/** Foreign server of all virtual tables; points back at the gateway. */
export const loopbackServer = 'millrace_loopback'

/** What the schemas are called in older homes, with what they are called now. */
export const formerSchemas: ReadonlyMap<string, string> = new Map([
  ['millrace_internal', internalSchema],
  ['millrace_scan', scanSchema],
  ['millrace_lookup', lookupSchema],
])
