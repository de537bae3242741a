/** The OID of the database's own collation: DEFAULT_COLLATION_OID in PostgreSQL's catalog/pg_collation.dat. */
export const defaultCollation = 100
