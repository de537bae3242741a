/** Virtual tables as tables that are read over the loopback. */
import { escapeIdentifier, escapeLiteral } from 'pg'
import { clientRolesOf, loopbackServer, type Names } from '../postgres/names.js'
import { since } from '../postgres/standing.js'
import { changedOptionsClause, optionsClause } from './foreign-options.js'
import type { CatalogTable } from './read-catalog.js'
import type { TableDefinition } from './table-definition.js'
import { combinedName, qualifiedName } from './table-names.js'
import type { Alteration, RelationKind, TableStyle } from './table-style.js'

/**
 * A table that is no longer configured, but that a user's view depends on, asks the gateway for a relation in this
 * schema, of which there is none: the result is an error that explains what happened, not an endless loop.
 */
export const removedSchema = 'removed from the configuration of Millrace'

/**
 * Each is an ordinary table, so that every tool lists it, with comments and privileges. It has no rows: clients may not
 * write to it, and its trigger (which CREATE TABLE … LIKE does not copy, as it would a constraint) rejects even a
 * superuser's. A query of it also reads its only child, the foreign table.
 *
 * There may be tens of thousands of them. With plain storage, PostgreSQL makes no TOAST table for it, nor that one's
 * index.
 */
export class ForeignTables implements TableStyle {
  readonly kind: RelationKind = 'table'
  readonly mark: string = 'guest '
  readonly #names: Names
  readonly #hasStorageClause: boolean

  /** @param version of the server */
  constructor(names: Names, version: number) {
    this.#names = names
    this.#hasStorageClause = version >= since.storageClause
  }

  /** The validator of postgres_fdw allows no options of Millrace's, such as a column's `key_operators`. */
  shown(definition: TableDefinition): TableDefinition {
    return { ...definition, columns: definition.columns.map((column) => ({ ...column, options: {} })) }
  }

  /** What keeps rows out of the virtual tables. */
  get preparation(): string {
    return `CREATE OR REPLACE FUNCTION ${this.#rejectRows} () RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE 'cannot insert into virtual table "%"', TG_TABLE_NAME USING ERRCODE = 'feature_not_supported';
END$body$`
  }

  create(tables: readonly TableDefinition[]): string {
    return tables.map((table) => this.createTable(table)).join('; ')
  }

  drop(table: Pick<CatalogTable, 'schema' | 'name' | 'kind'>): string {
    if (table.kind === 'view') return `DROP VIEW ${qualifiedName(table)}`
    return `DROP FOREIGN TABLE ${foreignName(table, this.#names)}; DROP TABLE ${qualifiedName(table)}`
  }

  /** Its child follows. */
  alter(current: CatalogTable, wanted: TableDefinition): readonly Alteration[] {
    if (current.kind === 'view') return [anew(this, current, wanted)]
    const table = qualifiedName(wanted)
    const child = foreignName(wanted, this.#names)
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
        steps.push({ sql: alterType(table, child, name, column.type), purpose })
      }
      const options = changedOptionsClause(old?.options ?? {}, column.options)
      if (options !== '') {
        const purpose = `change the options of column ${name}`
        steps.push({ sql: `ALTER FOREIGN TABLE ${child} ALTER COLUMN ${name}${options}`, purpose })
      }
      if (old?.description !== column.description) {
        const sql = commentOnColumn(table, column.name, column.description)
        steps.push({ sql, purpose: `describe column ${name}` })
      }
    }
    for (const name of kept.keys()) {
      const dropping = `DROP COLUMN IF EXISTS ${escapeIdentifier(name)}`
      const sql = `ALTER TABLE ${table} ${dropping}; ALTER FOREIGN TABLE ${child} ${dropping}`
      steps.push({ sql, purpose: `drop column ${escapeIdentifier(name)}` })
    }
    const options = changedOptionsClause(current.options, wanted.options)
    if (options !== '')
      steps.push({ sql: `ALTER FOREIGN TABLE ${child}${options}`, purpose: 'change its options' })
    if (current.description !== wanted.description) {
      const sql = `COMMENT ON TABLE ${table} IS ${escapeLiteral(wanted.description)}`
      steps.push({ sql, purpose: 'describe it' })
    }
    return steps
  }

  retire(table: CatalogTable): string {
    if (table.kind === 'view') return 'SELECT'
    const options = changedOptionsClause(table.options, { ...table.options, schema_name: removedSchema })
    return `ALTER FOREIGN TABLE ${foreignName(table, this.#names)}${options}`
  }

  dropSchema(name: string): string {
    return `DROP SCHEMA ${escapeIdentifier(name)}`
  }

  protected createTable(table: TableDefinition): string {
    const name = qualifiedName(table)
    const child = foreignName(table, this.#names)
    const storage = this.#hasStorageClause ? ' STORAGE PLAIN' : ''
    const columns = table.columns.map((column) => `${escapeIdentifier(column.name)} ${column.type}${storage}`)
    const keys = table.columns.filter(({ options }) => Object.keys(options).length > 0)
    const keyColumns = keys.map(
      (column) => `${escapeIdentifier(column.name)} ${column.type}${optionsClause(column.options)}`,
    )
    const roles = clientRolesOf(this.#names).map((role) => escapeIdentifier(role))
    return [
      `CREATE TABLE ${name} (${columns.join(', ')})`,
      `CREATE TRIGGER refuse_rows BEFORE INSERT ON ${name} FOR EACH STATEMENT EXECUTE FUNCTION ${this.#rejectRows} ()`,
      `CREATE FOREIGN TABLE ${child} (${keyColumns.join(', ')}) INHERITS (${name})
       SERVER ${loopbackServer}${optionsClause(table.options)}`,
      // Without a privilege on the child, information_schema looks for one on each of its columns before it leaves it out.
      `GRANT SELECT ON ${name}, ${child} TO ${roles.join(', ')}`,
      this.comments(table),
    ].join('; ')
  }

  protected comments(table: TableDefinition): string {
    return commentsOn('TABLE', table)
  }

  get #rejectRows(): string {
    return `${this.#names.internalSchema}.refuse_rows`
  }
}

/** Statements that describe a table and its columns. An empty text is no comment. */
export function commentsOn(kind: 'TABLE' | 'VIEW', table: TableDefinition): string {
  const name = qualifiedName(table)
  const { description, columns } = table
  const statements = [
    ...(description === '' ? [] : [`COMMENT ON ${kind} ${name} IS ${escapeLiteral(description)}`]),
    ...columns
      .filter((column) => column.description !== '')
      .map((column) => commentOnColumn(name, column.name, column.description)),
  ]
  return statements.length === 0 ? 'SELECT' : statements.join('; ')
}

/** The foreign table by which PostgreSQL reads a virtual table. */
function foreignName(
  { schema, name }: Pick<TableDefinition, 'schema' | 'name'>,
  { foreignSchema }: Names,
): string {
  return `${foreignSchema}.${escapeIdentifier(combinedName(schema, name))}`
}

/** For a table of another kind: it cannot be altered into one of this. */
export function anew(style: TableStyle, current: CatalogTable, wanted: TableDefinition): Alteration {
  const sql = `${style.drop(current)}; ${style.create([wanted])}`
  return { sql, purpose: 'replace it, as the extension postgres_fdw has come or gone' }
}

/**
 * There are no rows, so any type can become any other; PostgreSQL accepts that with USING, which foreign tables do
 * not take.
 */
function alterType(parent: string, foreign: string, column: string, type: string): string {
  const child = `ALTER FOREIGN TABLE ${foreign}`
  return [
    `${child} NO INHERIT ${parent}`,
    `ALTER TABLE ${parent} ALTER COLUMN ${column} TYPE ${type} USING NULL`,
    `${child} ALTER COLUMN ${column} TYPE ${type}`,
    `${child} INHERIT ${parent}`,
  ].join('; ')
}

function commentOnColumn(table: string, column: string, description: string): string {
  return `COMMENT ON COLUMN ${table}.${escapeIdentifier(column)} IS ${escapeLiteral(description)}`
}
