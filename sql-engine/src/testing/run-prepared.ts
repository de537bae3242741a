import pg from 'pg'
import { quoteLiteral } from '../parse/identifier.js'
import type { BoundParameters } from '../statement.js'

export interface PreparedResult {
  /** Rows of text values; null is NULL. */
  readonly rows: readonly (readonly (string | null)[])[]
  /** Names and type OIDs of the columns. */
  readonly columns: readonly string[]
}

/** PostgreSQL's own types, by OID. */
const typeNames: ReadonlyMap<number, string> = new Map(
  Object.entries(pg.types.builtins).map(([name, oid]) => [oid, name.toLowerCase()]),
)

/** Counts for all sessions, so that no two statements meet under one name. */
let lastName = 0

/** Runs a statement with parameters whose types are given, by PREPARE and EXECUTE. */
export async function runPrepared(
  client: pg.Client,
  text: string,
  { types, values }: BoundParameters,
): Promise<PreparedResult> {
  const parameterTypes = types.map((oid) => typeNames.get(oid)).join(', ')
  const literals = values.map((value) =>
    value === undefined ? 'null' : quoteLiteral(Buffer.from(value).toString('utf8')),
  )
  const name = `millrace_test_${++lastName}`
  await client.query(`prepare ${name} ${types.length > 0 ? `(${parameterTypes}) ` : ''}as ${text}`)
  try {
    return await runAsText(client, `execute ${name} ${literals.length > 0 ? `(${literals.join(', ')})` : ''}`)
  } finally {
    await client.query(`deallocate ${name}`)
  }
}

export async function runAsText(client: pg.Client, text: string): Promise<PreparedResult> {
  const types = { getTypeParser: () => (value: string) => value }
  const { rows, fields } = await client.query<(string | null)[]>({ text, rowMode: 'array', types })
  return { rows, columns: fields.map(({ name, dataTypeID }) => `${name} ${dataTypeID}`) }
}
