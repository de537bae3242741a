import { createHash } from 'node:crypto'
import { escapeIdentifier, escapeLiteral } from 'pg'
import { loopbackServer, type Names, systemSchema } from '../postgres/names.js'
import { changedOptionsClause, optionsClause } from './foreign-options.js'
import type { CatalogTable } from './read-catalog.js'
import type { ForeignColumn, TableDefinition } from './table-definition.js'

export function qualifiedName({ schema, name }: Pick<TableDefinition, 'schema' | 'name'>): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`
}

/**
 * Clients may create objects in the schema of the system tables: `"$user"` on the search path means this one, since
 * the role has its name.
 */
export function createSchema(schema: string, description: string, { clientRole, readerRole }: Names): string {
  const privileges = schema === systemSchema ? 'USAGE, CREATE' : 'USAGE'
  const name = escapeIdentifier(schema)
  return [
    `CREATE SCHEMA ${name}`,
    `COMMENT ON SCHEMA ${name} IS ${escapeLiteral(description)}`,
    `GRANT ${privileges} ON SCHEMA ${name} TO ${clientRole}`,
    `GRANT USAGE ON SCHEMA ${name} TO ${readerRole}`,
  ].join('; ')
}

/** NAMEDATALEN is 64 bytes, with a NUL. */
const longestName = 63

/** A name made of several, however long those are. */
export function combinedName(...parts: readonly string[]): string {
  const name = parts.join('.')
  if (Buffer.byteLength(name) <= longestName) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 12)
  const begin = Buffer.from(name).subarray(0, longestName - hash.length - 1)
  // A character that has been cut through is left out.
  return `${new TextDecoder().decode(begin, { stream: true })}~${hash}`
}

/** The foreign table by which PostgreSQL reads a virtual table. */
export function foreignName(
  { schema, name }: Pick<TableDefinition, 'schema' | 'name'>,
  { foreignSchema }: Names,
): string {
  return `${foreignSchema}.${escapeIdentifier(combinedName(schema, name))}`
}

const rejectRows = ({ internalSchema }: Names) => `${internalSchema}.refuse_rows`

/** What keeps rows out of the virtual tables. */
export const createRefusal = (
  names: Names,
) => `CREATE OR REPLACE FUNCTION ${rejectRows(names)} () RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE 'cannot insert into virtual table "%"', TG_TABLE_NAME USING ERRCODE = 'feature_not_supported';
END$body$`

/**
 * An ordinary table, so that every tool lists it, with comments and privileges. It has no rows: clients may not write
 * to it, and its trigger (which CREATE TABLE … LIKE does not copy, as it would a constraint) rejects even a
 * superuser's. A query of it also reads its only child, the foreign table.
 *
 * There may be tens of thousands of them. With plain storage, PostgreSQL makes no TOAST table for it, nor that one's
 * index. Comments are written as COMMENT ON does, but all at once, which needs allow_system_table_mods. Its last step
 * is what makes pg_dump leave it out: see `leaveOutOfDumps`.
 */
export function createVirtualTable(table: TableDefinition, names: Names): string {
  const { clientRole, readerRole } = names
  const name = qualifiedName(table)
  const columns = table.columns.map(
    (column) => `${escapeIdentifier(column.name)} ${column.type} STORAGE PLAIN`,
  )
  const keys = table.columns.filter(({ options }) => Object.keys(options).length > 0)
  const keyColumns = keys.map(
    (column) => `${escapeIdentifier(column.name)} ${column.type}${optionsClause(column.options)}`,
  )
  return [
    `CREATE TABLE ${name} (${columns.join(', ')})`,
    `CREATE TRIGGER refuse_rows BEFORE INSERT ON ${name} FOR EACH STATEMENT EXECUTE FUNCTION ${rejectRows(names)} ()`,
    `CREATE FOREIGN TABLE ${foreignName(table, names)} (${keyColumns.join(', ')}) INHERITS (${name})
       SERVER ${loopbackServer}${optionsClause(table.options)}`,
    // Without a privilege on the child, information_schema looks for one on each of its columns before it leaves it out.
    `GRANT SELECT ON ${name}, ${foreignName(table, names)} TO ${clientRole}, ${readerRole}`,
    insertComments(table),
    `ALTER EXTENSION plpgsql ADD TABLE ${name}`,
  ].join('; ')
}

/** An empty text is no comment. */
function insertComments(table: TableDefinition): string {
  const texts = [table.description, ...table.columns.map(({ description }) => description)]
  const rows = texts.flatMap((text, index) => (text === '' ? [] : [`(${index}, ${escapeLiteral(text)})`]))
  if (rows.length === 0) return 'SELECT'
  return `INSERT INTO pg_description (objoid, classoid, objsubid, description)
    SELECT ${escapeLiteral(qualifiedName(table))}::regclass, 'pg_class'::regclass, place, text
      FROM (VALUES ${rows.join(', ')}) AS comments (place, text)`
}

/** Takes it out of what pg_dump leaves out first: see `leftOutOfDumps`. */
export function dropVirtualTable(table: TableDefinition, names: Names): string {
  const name = qualifiedName(table)
  return `ALTER EXTENSION plpgsql DROP TABLE ${name}; DROP FOREIGN TABLE ${foreignName(table, names)}; DROP TABLE ${name}`
}

/**
 * There are no rows, so any type can become any other; PostgreSQL accepts that with USING, which foreign tables do
 * not take.
 */
function alterType(table: TableDefinition, column: string, type: string, names: Names): string {
  const parent = qualifiedName(table)
  const child = `ALTER FOREIGN TABLE ${foreignName(table, names)}`
  return [
    `${child} NO INHERIT ${parent}`,
    `ALTER TABLE ${parent} ALTER COLUMN ${column} TYPE ${type} USING NULL`,
    `${child} ALTER COLUMN ${column} TYPE ${type}`,
    `${child} INHERIT ${parent}`,
  ].join('; ')
}

function alterOptions(table: TableDefinition, column: string, clause: string, names: Names): string {
  return `ALTER FOREIGN TABLE ${foreignName(table, names)} ALTER COLUMN ${escapeIdentifier(column)}${clause}`
}

/** A step of altering a table, with its purpose, in case PostgreSQL rejects it. */
export interface Alteration {
  readonly sql: string
  readonly purpose: string
}

/** Turns one definition into the other without dropping the table; its child follows. New columns come last. */
export function alterVirtualTable(
  current: CatalogTable,
  wanted: TableDefinition,
  names: Names,
): Alteration[] {
  const table = qualifiedName(wanted)
  const steps: Alteration[] = []
  const alter = (action: string, purpose: string) =>
    steps.push({ sql: `ALTER TABLE ${table} ${action}`, purpose })
  const kept = new Map(current.columns.map((column) => [column.name, column]))
  for (const column of wanted.columns) {
    const name = escapeIdentifier(column.name)
    const old = kept.get(column.name)
    kept.delete(column.name)
    if (old === undefined) alter(`ADD COLUMN ${name} ${column.type}`, `add column ${name}`)
    else if (old.type !== column.type) {
      const purpose = `change the type of column ${name} to ${column.type}`
      steps.push({ sql: alterType(wanted, name, column.type, names), purpose })
    }
    const options = changedOptionsClause(old?.options ?? {}, column.options)
    if (options !== '') {
      const purpose = `change the options of column ${name}`
      steps.push({ sql: alterOptions(wanted, column.name, options, names), purpose })
    }
    if (old?.description !== column.description) {
      steps.push({ sql: commentOnColumn(wanted, column), purpose: `describe column ${name}` })
    }
  }
  for (const name of kept.keys()) {
    const dropping = `DROP COLUMN IF EXISTS ${escapeIdentifier(name)}`
    const sql = `ALTER TABLE ${table} ${dropping}; ALTER FOREIGN TABLE ${foreignName(wanted, names)} ${dropping}`
    steps.push({ sql, purpose: `drop column ${escapeIdentifier(name)}` })
  }
  const options = changedOptionsClause(current.options, wanted.options)
  if (options !== '') {
    steps.push({
      sql: `ALTER FOREIGN TABLE ${foreignName(wanted, names)}${options}`,
      purpose: 'change its options',
    })
  }
  if (current.description !== wanted.description) {
    steps.push({ sql: commentOnTable(wanted), purpose: 'describe it' })
  }
  return steps
}

function commentOnTable(table: TableDefinition): string {
  return `COMMENT ON TABLE ${qualifiedName(table)} IS ${escapeLiteral(table.description)}`
}

function commentOnColumn(table: TableDefinition, column: ForeignColumn): string {
  const name = `${qualifiedName(table)}.${escapeIdentifier(column.name)}`
  return `COMMENT ON COLUMN ${name} IS ${escapeLiteral(column.description)}`
}
