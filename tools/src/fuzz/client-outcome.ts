/** Runs random statements through clients, of the gateway or of PostgreSQL itself, by either protocol. */
import { quoteLiteral } from '@millrace/sql-engine/parse/identifier'
import type { Outcome } from '@millrace/sql-engine/testing/property-harness'
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'
import pg from 'pg'

/** How a statement reaches a server: as text; by Parse, Bind and Execute; the same with binary results. */
export const protocols = ['simple', 'extended', 'binary'] as const
export type Protocol = (typeof protocols)[number]

/** Of a result, also types' modifiers, formats and the command's tag; of an error, also its position. */
export async function clientOutcome(
  client: pg.Client,
  query: RandomQuery,
  protocol: Protocol,
): Promise<Outcome> {
  const config = {
    ...requestOf(query, protocol),
    rowMode: 'array' as const,
    types: { getTypeParser: () => (value: string | Buffer) => value.toString('hex') },
  }
  try {
    const { rows, fields, command, rowCount } = await client.query<unknown[]>(config)
    const lines = rows.map((row) => JSON.stringify(row))
    const columns = fields.map(({ name, dataTypeID, dataTypeModifier, format }) =>
      [name, dataTypeID, dataTypeModifier, format].join(' '),
    )
    return { rows: query.isOrdered ? lines : lines.sort(), columns: [...columns, `${command} ${rowCount}`] }
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    return { sqlState: error.code, message: `${error.message} at ${error.position ?? 'no place'}` }
  }
}

function requestOf({ text, parameters }: RandomQuery, protocol: Protocol): { readonly text: string } {
  if (protocol === 'simple') return { text: withLiterals({ text, parameters }) }
  const values = parameters.map(({ value }) => value ?? null)
  return { ...{ queryMode: 'extended', values, binary: protocol === 'binary' }, text }
}

/** The statement with its parameters' values in it. */
export function withLiterals({ text, parameters }: Pick<RandomQuery, 'text' | 'parameters'>): string {
  return text.replace(/\$(\d+)/g, (name, number: string) => {
    const parameter = parameters[Number(number) - 1]
    if (parameter === undefined) return name
    const value = parameter.value === undefined ? 'null' : quoteLiteral(parameter.value)
    return `${value}::${parameter.type}`
  })
}
