/**
 * Virtual tables as views that give an error when PostgreSQL reads them by itself: where it has no way to ask the gateway,
 * an ordinary table would silently have no rows. Statements of clients never read them: the gateway puts a scan table in
 * their place.
 */
import { escapeIdentifier, escapeLiteral } from 'pg'
import { clientRolesOf, type Names } from '../postgres/names.js'
import type { GuestLoopback } from '../postgres/standing.js'
import { anew, commentsOn, removedSchema } from './foreign-tables.js'
import type { CatalogTable } from './read-catalog.js'
import type { TableDefinition } from './table-definition.js'
import { qualifiedName } from './table-names.js'
import type { Alteration, RelationKind, TableStyle } from './table-style.js'
import { unreachable } from './virtual-relations.js'

export class ErrorViews implements TableStyle {
  readonly kind: RelationKind = 'view'
  readonly mark = 'view '
  readonly #names: Names
  readonly #loopback: Extract<GuestLoopback, { kind: 'refused' }>

  constructor(names: Names, loopback: Extract<GuestLoopback, { kind: 'refused' }>) {
    this.#names = names
    this.#loopback = loopback
  }

  shown(definition: TableDefinition): TableDefinition {
    return { ...definition, columns: definition.columns.map((column) => ({ ...column, options: {} })) }
  }

  /** A function whose result PostgreSQL never knows in advance, so that it is called wherever rows could come from. */
  get preparation(): string {
    const { reason, remedy } = this.#loopback
    return `CREATE OR REPLACE FUNCTION ${unreachable(this.#names)} (text, text) RETURNS SETOF record
  LANGUAGE plpgsql VOLATILE AS $body$
BEGIN
  RAISE 'virtual table "%" cannot be read from inside PostgreSQL', $2 USING
    ERRCODE = 'feature_not_supported',
    DETAIL = ${escapeLiteral(
      `A function's body, a trigger or a materialized view reads a table by PostgreSQL alone, which has no way to ask Millrace here. ${reason}`,
    )},
    HINT = ${escapeLiteral(
      `Query the table in the statement itself, or have an administrator run ${remedy}, and restart Millrace.`,
    )};
END$body$`
  }

  create(tables: readonly TableDefinition[]): string {
    const roles = clientRolesOf(this.#names).map((role) => escapeIdentifier(role))
    return tables
      .flatMap((table) => [
        this.#createView(table),
        `GRANT SELECT ON ${qualifiedName(table)} TO ${roles.join(', ')}`,
        commentsOn('VIEW', table),
      ])
      .join('; ')
  }

  drop(table: Pick<CatalogTable, 'schema' | 'name' | 'kind'>): string {
    const name = qualifiedName(table)
    return table.kind === 'view' ? `DROP VIEW ${name}` : this.#dropTable(name)
  }

  alter(current: CatalogTable, wanted: TableDefinition): readonly Alteration[] {
    if (current.kind === 'table') return [anew(this, current, wanted)]
    return [
      { sql: this.#createView(wanted), purpose: 'change its columns' },
      { sql: commentsOn('VIEW', wanted), purpose: 'describe it' },
    ]
  }

  retire(table: CatalogTable): string {
    return table.kind === 'view' ? 'SELECT' : `COMMENT ON TABLE ${qualifiedName(table)} IS '${removedSchema}'`
  }

  dropSchema(name: string): string {
    return `DROP SCHEMA ${escapeIdentifier(name)}`
  }

  /** Its foreign table goes with it: nothing of a user's depends on that. */
  #dropTable(name: string): string {
    return `DO $drop$
      DECLARE child regclass;
      BEGIN
        FOR child IN SELECT inhrelid FROM pg_inherits WHERE inhparent = ${escapeLiteral(name)}::regclass LOOP
          EXECUTE format('DROP FOREIGN TABLE %s', child);
        END LOOP;
      END$drop$; DROP TABLE ${name}`
  }

  #createView(table: TableDefinition): string {
    const columns = table.columns.map(({ name, type }) => `${escapeIdentifier(name)} ${type}`)
    const call = `${unreachable(this.#names)} (${escapeLiteral(table.schema)}, ${escapeLiteral(table.name)})`
    return `CREATE OR REPLACE VIEW ${qualifiedName(table)} AS SELECT * FROM ${call} AS rows (${columns.join(', ')})`
  }
}
