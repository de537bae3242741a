import { escapeIdentifier, escapeLiteral } from 'pg'
import { clientRole, loopbackServer } from '../postgres/names.js'
import { changedOptionsClause, optionsClause } from './foreign-options.js'
import type { CatalogTable } from './read-catalog.js'
import type { ForeignColumn, TableDefinition } from './table-definition.js'

export function qualifiedName({ schema, name }: Pick<TableDefinition, 'schema' | 'name'>): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`
}

export function createSchema(schema: string, description: string): string {
  const name = escapeIdentifier(schema)
  return [
    `CREATE SCHEMA ${name}`,
    `COMMENT ON SCHEMA ${name} IS ${escapeLiteral(description)}`,
    `GRANT USAGE ON SCHEMA ${name} TO ${clientRole}`,
  ].join('; ')
}

/** With comments and privileges. */
export function createForeignTable(table: TableDefinition): string {
  const name = qualifiedName(table)
  const columns = table.columns.map(
    (column) => `${escapeIdentifier(column.name)} ${column.type}${optionsClause(column.options)}`,
  )
  return [
    `CREATE FOREIGN TABLE ${name} (${columns.join(', ')}) SERVER ${loopbackServer}${optionsClause(table.options)}`,
    `GRANT SELECT ON ${name} TO ${clientRole}`,
    commentOnTable(table),
    ...table.columns.map((column) => commentOnColumn(table, column)),
  ].join('; ')
}

export function dropForeignTable(table: TableDefinition): string {
  return `DROP FOREIGN TABLE ${qualifiedName(table)}`
}

/** A step of altering a table, with what it is for, should the step be refused. */
export interface Alteration {
  readonly sql: string
  readonly purpose: string
}

/** Turns one definition into the other without dropping the table. New columns come last. */
export function alterForeignTable(current: CatalogTable, wanted: TableDefinition): Alteration[] {
  const table = qualifiedName(wanted)
  const steps: Alteration[] = []
  const alter = (action: string, purpose: string) =>
    steps.push({ sql: `ALTER FOREIGN TABLE ${table} ${action}`, purpose })
  const kept = new Map(current.columns.map((column) => [column.name, column]))
  for (const column of wanted.columns) {
    const name = escapeIdentifier(column.name)
    const old = kept.get(column.name)
    kept.delete(column.name)
    if (old === undefined) {
      alter(`ADD COLUMN ${name} ${column.type}${optionsClause(column.options)}`, `add column ${name}`)
    } else {
      if (old.type !== column.type) {
        alter(
          `ALTER COLUMN ${name} TYPE ${column.type}`,
          `change the type of column ${name} to ${column.type}`,
        )
      }
      const options = changedOptionsClause(old.options, column.options)
      if (options !== '') alter(`ALTER COLUMN ${name}${options}`, `change the options of column ${name}`)
    }
    if (old?.description !== column.description) {
      steps.push({ sql: commentOnColumn(wanted, column), purpose: `describe column ${name}` })
    }
  }
  for (const name of kept.keys()) {
    alter(`DROP COLUMN ${escapeIdentifier(name)}`, `drop column ${escapeIdentifier(name)}`)
  }
  const options = changedOptionsClause(current.options, wanted.options)
  if (options !== '') alter(options, 'change its options')
  if (current.description !== wanted.description) {
    steps.push({ sql: commentOnTable(wanted), purpose: 'describe it' })
  }
  return steps
}

function commentOnTable(table: TableDefinition): string {
  return `COMMENT ON FOREIGN TABLE ${qualifiedName(table)} IS ${escapeLiteral(table.description)}`
}

function commentOnColumn(table: TableDefinition, column: ForeignColumn): string {
  const name = `${qualifiedName(table)}.${escapeIdentifier(column.name)}`
  return `COMMENT ON COLUMN ${name} IS ${escapeLiteral(column.description)}`
}
