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

/** The statements that run one with parameters whose types are given, in their order. */
export interface PreparedTexts {
  readonly prepare: string
  readonly execute: string
  readonly deallocate: string
}

export function preparedTexts(text: string, { types, values }: BoundParameters): PreparedTexts {
  const parameterTypes = types.map((oid) => typeNames.get(oid)).join(', ')
  const literals = values.map((value) =>
    value === undefined ? 'null' : quoteLiteral(Buffer.from(value).toString('utf8')),
  )
  const name = `millrace_test_${++lastName}`
  return {
    prepare: `prepare ${name} ${types.length > 0 ? `(${parameterTypes}) ` : ''}as ${text}`,
    execute: `execute ${name} ${literals.length > 0 ? `(${literals.join(', ')})` : ''}`,
    deallocate: `deallocate ${name}`,
  }
}

/** Runs a statement by PREPARE and EXECUTE, in one round trip. */
export async function runPrepared(
  client: pg.Client,
  text: string,
  parameters: BoundParameters,
): Promise<PreparedResult> {
  const { prepare, execute, deallocate } = preparedTexts(text, parameters)
  try {
    // The statement may end with a comment.
    const results: unknown = await client.query(asText(`${prepare}\n; ${execute}; ${deallocate}`))
    const result = Array.isArray(results) ? results.at(-2) : undefined
    if (!(result instanceof pg.Result)) throw new Error('not the three results that were asked for')
    return preparedResult(result)
  } catch (error) {
    // It may not have come so far that it is there, or stand in a transaction that has failed.
    await client.query(deallocate).catch(() => {})
    throw error
  }
}

export async function runAsText(client: pg.Client, text: string): Promise<PreparedResult> {
  return preparedResult(await client.query<(string | null)[]>(asText(text)))
}

function asText(text: string) {
  return { text, rowMode: 'array' as const, types: { getTypeParser: () => (value: string) => value } }
}

function preparedResult({
  rows,
  fields,
}: Pick<pg.QueryArrayResult<(string | null)[]>, 'rows' | 'fields'>): PreparedResult {
  return { rows, columns: fields.map(({ name, dataTypeID }) => `${name} ${dataTypeID}`) }
}
