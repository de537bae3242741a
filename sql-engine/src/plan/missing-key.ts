import type { TableReference } from '../bind/binding.js'
import { DatabaseError } from '../database-error.js'

/** Key columns without which a table cannot be asked, and for which there are no values. */
export function missingKeys({ table }: TableReference, given: ReadonlySet<string>): readonly string[] {
  const keys = Object.entries(table.definition.keys)
  const required = keys.filter(([, key]) => key?.require === 'required').map(([column]) => column)
  const missing = required.filter((column) => !given.has(column))
  const anyOf = keys.filter(([, key]) => key?.require === 'any-of').map(([column]) => column)
  return anyOf.some((column) => given.has(column)) ? missing : [...missing, ...anyOf]
}

/** Why there are no values. */
export type MissingReason = keyof typeof details

const details = {
  none: 'The statement gives none that are known before the table is read.',
  unusable:
    'The value that the statement gives is of a type, or of a form, that the column cannot hold exactly. ' +
    "Cast it to the column's type.",
  changed:
    'The values would come from rows that the statement itself changes; its parts all see the same snapshot, and ' +
    "the table's rows have to be there before it runs.",
  recursive:
    "The values would come from a recursive query's own rows, which are found only while it runs, round by round.",
} as const

/** What to do instead of adding a condition. */
const hints: Readonly<Partial<Record<MissingReason, string>>> = {
  changed:
    'Make two statements of it, in one transaction if need be: the first changes the rows and returns the values, or ' +
    'keeps them in a temporary table; the second reads the table with them.',
  recursive:
    'Write the rounds out as one CTE after another, each joined to the one before, or fill a temporary table round ' +
    'by round.',
}

/** The error of a statement that gives no value for a key column that the table's API needs. */
export function missingKeyError(
  { table, name }: TableReference,
  columns: readonly string[],
  reason: MissingReason,
): DatabaseError {
  const quoted = columns.map((column) => `"${column}"`).join(' or ')
  const called = name === table.definition.name ? '' : ` (here called "${name}")`
  const [example] = table.definition.examples
  return new DatabaseError(
    `table "${table.definition.name}"${called} needs a value for its key column ${quoted}`,
    {
      // fdw_dynamic_parameter_value_needed
      sqlState: 'HV002',
      detail: `The API behind the table can only be asked for given values. ${details[reason]}`,
      hint:
        hints[reason] ??
        `Add a condition with =, IN or = ANY on ${quoted}, or join the column to one of another table` +
          (example === undefined ? '.' : `, as in: ${example.sql.replace(/\s+/g, ' ')}`),
    },
  )
}

/** The same error where PostgreSQL has asked for a table by itself. The table's alias is then one of PostgreSQL's. */
export function missingKeyInside(error: unknown): unknown {
  if (!(error instanceof DatabaseError) || error.sqlState !== 'HV002') return error
  return new DatabaseError(error.message.replace(/ \(here called ".*?"\)/, ''), {
    sqlState: error.sqlState,
    detail:
      'PostgreSQL asks for the table by itself here, as it does inside functions and DO blocks, ' +
      'and does not tell the values that a join would give.',
    hint:
      'Give the key as a value in the condition, or read the rows before and outside: ' +
      'CREATE TEMP TABLE … AS SELECT … with the join, then use that table inside.',
  })
}
