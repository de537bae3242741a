import type { VirtualLeaf } from '../bind/binding.js'
import { DatabaseError } from '../database-error.js'

/** The error of a statement that gives no value for a key column that the table's API needs. */
export function missingKeyError({ table, name }: VirtualLeaf, columns: readonly string[]): DatabaseError {
  const quoted = columns.map((column) => `"${column}"`).join(' or ')
  const called = name === table.table.name ? '' : ` (here called "${name}")`
  const [example] = table.table.examples
  return new DatabaseError(
    `table "${table.table.name}"${called} needs a value for its key column ${quoted}`,
    {
      // fdw_dynamic_parameter_value_needed
      sqlState: 'HV002',
      detail:
        'The API behind the table can only be asked for given values. The statement gives none that are ' +
        'known before the table is read.',
      hint:
        `Add a condition with =, IN or = ANY on ${quoted}, or join the column to one of another table` +
        (example === undefined ? '.' : `, as in: ${example.sql.replace(/\s+/g, ' ')}`),
    },
  )
}
