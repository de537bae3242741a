/** Names of our own objects inside PostgreSQL. */

/** Superuser; the engine's own connections. Owns everything that is not the user's. */
export const engineRole = 'millrace_engine'
/** Clients' role: no superuser, owner of the database, may create in `public`. */
export const clientRole = 'millrace'
export const databaseName = 'millrace'
/** Scan tables live here. Emptied at every start. */
export const scanSchema = 'millrace_scan'
/** Millrace's own virtual tables, and functions that clients may call. */
export const ownSchema = 'millrace'
/** What the engine remembers about itself. */
export const internalSchema = 'millrace_internal'
/** Foreign server of all virtual tables; points back at the gateway. */
export const loopbackServer = 'millrace_loopback'
