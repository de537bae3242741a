/** How the catalog of one PostgreSQL shows virtual tables: the statements that make, change and drop them. */
import { escapeIdentifier, escapeLiteral } from 'pg'
import { registering } from '../postgres/guest/own-schemas.js'
import { clientRolesOf, type Names, systemSchema } from '../postgres/names.js'
import type { PostgresTraits } from '../postgres/postgres.js'
import { ErrorViews } from './error-views.js'
import { ForeignTables } from './foreign-tables.js'
import { OwnerTables } from './owner-tables.js'
import type { CatalogTable } from './read-catalog.js'
import type { TableDefinition } from './table-definition.js'

/** What a virtual table is to PostgreSQL: a table with a foreign table behind it, or a view that gives an error. */
export type RelationKind = 'table' | 'view'

export interface TableStyle {
  readonly kind: RelationKind
  /** Distinguishes what is written down of tables that were made in another style. */
  readonly mark: string
  /** As much of a definition as the catalog can show. */
  shown(definition: TableDefinition): TableDefinition
  /** What must be there before tables are made. */
  readonly preparation: string
  create(tables: readonly TableDefinition[]): string
  drop(table: Pick<CatalogTable, 'schema' | 'name' | 'kind'>): string
  /** Turns one definition into the other without dropping the table. New columns come last. */
  alter(current: CatalogTable, wanted: TableDefinition): readonly Alteration[]
  /** Makes a table, which is configured no more and must stay, give nothing but errors. */
  retire(table: CatalogTable): string
  dropSchema(name: string): string
}

/** A step of altering a table, with its purpose, in case PostgreSQL rejects it. */
export interface Alteration {
  readonly sql: string
  readonly purpose: string
}

export function tableStyleOf({ names, standing }: PostgresTraits): TableStyle {
  if (standing.kind === 'owner') return new OwnerTables(names)
  return standing.loopback.kind === 'usable'
    ? new ForeignTables(names, standing.version)
    : new ErrorViews(names, standing.loopback)
}

/**
 * In a PostgreSQL of their own, clients may create objects in the schema of the system tables: `"$user"` on the search
 * path means this one, since the role has its name.
 */
export function createSchema(
  schema: string,
  description: string,
  { names, standing }: PostgresTraits,
): string {
  const name = escapeIdentifier(schema)
  const isShared = schema === systemSchema && standing.kind === 'owner'
  return [
    `CREATE SCHEMA ${name}`,
    `COMMENT ON SCHEMA ${name} IS ${escapeLiteral(description)}`,
    `GRANT USAGE ON SCHEMA ${name} TO ${rolesOf(names)}`,
    ...(isShared ? [`GRANT CREATE ON SCHEMA ${name} TO ${escapeIdentifier(names.clientRole)}`] : []),
    ...(standing.kind === 'owner' ? [] : [registering(schema, names)]),
  ].join('; ')
}

function rolesOf(names: Names): string {
  return clientRolesOf(names)
    .map((role) => escapeIdentifier(role))
    .join(', ')
}
