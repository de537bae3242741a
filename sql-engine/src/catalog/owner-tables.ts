/** Virtual tables as a superuser makes them: with options of Millrace's, left out of dumps, and all comments at once. */
import { escapeIdentifier, escapeLiteral } from 'pg'
import type { Names } from '../postgres/names.js'
import { since } from '../postgres/standing.js'
import { ForeignTables } from './foreign-tables.js'
import type { CatalogTable } from './read-catalog.js'
import type { TableDefinition } from './table-definition.js'
import { qualifiedName } from './table-names.js'

export class OwnerTables extends ForeignTables {
  override readonly mark = ''

  constructor(names: Names) {
    super(names, since.storageClause)
  }

  override shown(definition: TableDefinition): TableDefinition {
    return definition
  }

  override create(tables: readonly TableDefinition[]): string {
    return `SET LOCAL allow_system_table_mods = on; ${super.create(tables)}; RESET allow_system_table_mods`
  }

  /** Takes it out of what pg_dump leaves out first: see `leaveOutOfDumps`. */
  override drop(table: CatalogTable): string {
    return `ALTER EXTENSION plpgsql DROP TABLE ${qualifiedName(table)}; ${super.drop(table)}`
  }

  override dropSchema(name: string): string {
    return `ALTER EXTENSION plpgsql DROP SCHEMA ${escapeIdentifier(name)}; ${super.dropSchema(name)}`
  }

  /** The last step is what makes pg_dump leave it out: see `leaveOutOfDumps`. */
  protected override createTable(table: TableDefinition): string {
    return `${super.createTable(table)}; ALTER EXTENSION plpgsql ADD TABLE ${qualifiedName(table)}`
  }

  /** Written as COMMENT ON does, but all at once, which needs allow_system_table_mods. */
  protected override comments(table: TableDefinition): string {
    const texts = [table.description, ...table.columns.map(({ description }) => description)]
    const rows = texts.flatMap((text, index) => (text === '' ? [] : [`(${index}, ${escapeLiteral(text)})`]))
    if (rows.length === 0) return 'SELECT'
    return `INSERT INTO pg_description (objoid, classoid, objsubid, description)
    SELECT ${escapeLiteral(qualifiedName(table))}::regclass, 'pg_class'::regclass, place, text
      FROM (VALUES ${rows.join(', ')}) AS comments (place, text)`
  }
}
