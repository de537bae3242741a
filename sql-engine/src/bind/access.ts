/**
 * Whether the session's role may read the tables that a statement names. PostgreSQL itself does not ask for them, since scan
 * tables stand in their place; and it must be known before anything is fetched.
 */
import { z } from 'zod'
import { DatabaseError } from '../database-error.js'
import { clientRolesOf, type Names } from '../postgres/names.js'

/** Who reads what a statement asks for: the session's role, which SET ROLE changes. */
export interface Reader {
  /** The role's name. */
  readonly role: string
  /** Whether it sees only what PostgreSQL's privileges let it. */
  readonly isRestricted: boolean
}

/**
 * PostgreSQL's own `=`. Users may have operators of that name, which a search path can put first: whatever decides what a name
 * stands for, or who may read it, must not ask them.
 */
export const equals = 'operator(pg_catalog.=)'

export interface Access {
  readonly reader: Reader
  /** The names, as the question has them, of relations that it may not read, and whether it may read some columns. */
  readonly denied: ReadonlyMap<string, boolean>
}

const answerSchema = z.object({
  role: z.string(),
  denied: z.array(z.tuple([z.string(), z.boolean()])).nullable(),
})

/**
 * An expression for what {@link readAccess} reads, as JSON.
 * @param names an expression for the relations' names, as an array of texts
 */
export function accessQuery(names: string): string {
  return `pg_catalog.json_build_object('role', current_user, 'denied', (
      select pg_catalog.json_agg(pg_catalog.json_build_array(name,
        pg_catalog.has_any_column_privilege(c.oid, 'SELECT')))
      from pg_catalog.unnest(${names}) as name
      join pg_catalog.pg_class c on c.oid ${equals} pg_catalog.to_regclass(name)::pg_catalog.oid
      where not pg_catalog.has_table_privilege(c.oid, 'SELECT')))`
}

export function readAccess(json: string, names: Names): Access {
  const { role, denied } = answerSchema.parse(JSON.parse(json))
  const seesEverything = role === names.engineRole || clientRolesOf(names).includes(role)
  return { reader: { role, isRestricted: !seesEverything }, denied: new Map(denied) }
}

/** PostgreSQL's own words. @param hasColumns whether some columns may be read */
export function permissionDenied(table: string, hasColumns = false): DatabaseError {
  return new DatabaseError(`permission denied for table ${table}`, {
    sqlState: '42501',
    ...(hasColumns
      ? { detail: 'A virtual table is read with a privilege on the whole of it, not on single columns.' }
      : {}),
  })
}
