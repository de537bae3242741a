/**
 * SQL's EXECUTE: it stands for the prepared statement, with the arguments' values in it. PostgreSQL would run what it
 * has prepared, over the foreign tables.
 */
import { z } from 'zod'
import { DatabaseError } from '../database-error.js'
import { quoteLiteral } from '../parse/identifier.js'
import { parseText } from '../parse/parser.js'
import { SourceText } from '../parse/source-text.js'
import { type Inside, inside, type Node } from '../parse/syntax-tree.js'
import { type Span, TokenPositions } from '../parse/token-positions.js'
import type { Session } from '../statement.js'
import { type Expansion, expand } from './expansion.js'
import { withParameters } from './replaced-parameters.js'

const preparedSchema = z.object({
  statement: z.string(),
  types: z.array(z.string()),
  /** Whether a statement of the engine's is left from an EXECUTE whose arguments could not be evaluated. */
  is_left: z.boolean(),
})

/**
 * The name of a statement of the engine's in the client's session, which exists while its arguments are evaluated.
 */
const argumentsName = 'millrace_arguments'

/**
 * @returns undefined when PostgreSQL should run the statement as it stands, or say what is wrong with it
 * @throws DatabaseError of an argument that cannot be evaluated
 */
export async function expandExecute(
  text: string,
  statement: Node,
  execute: Inside<'ExecuteStmt'>,
  session: Session,
): Promise<Expansion | undefined> {
  const { name = '', params = [] } = execute
  const { rows } = await session.query(`select pg_catalog.json_build_object(
      'statement', statement, 'types', parameter_types::pg_catalog.text[], 'is_left', exists (
        select from pg_catalog.pg_prepared_statements where name = '${argumentsName}'))
    from pg_catalog.pg_prepared_statements where name = ${quoteLiteral(name)} and from_sql`)
  const found = rows[0]?.[0]
  if (found === undefined || found === null) return undefined
  const { statement: preparation, types, is_left: isLeft } = preparedSchema.parse(JSON.parse(found))
  const query = queryOf(preparation, name)
  const place = spanOfExecute(text, statement)
  if (query === undefined || place === undefined || types.length !== params.length) return undefined
  if (isLeft) await session.query(`deallocate ${argumentsName}`)
  const values = await evaluate(text, place, types, session)
  const literals = types.map((type, index) => {
    const value = values[index] ?? null
    return `(${value === null ? 'NULL' : quoteLiteral(value)}::${type})`
  })
  const [parsed] = parseText(query) ?? []
  const written = withParameters(query, parsed?.node, literals)
  return written === undefined ? undefined : expand(text, [{ ...place.whole, replacement: written }])
}

/** The query of a PREPARE, which may stand among other statements; the last one counts. */
function queryOf(preparation: string, name: string): string | undefined {
  const source = new SourceText(preparation)
  const found = (parseText(preparation) ?? []).findLast(
    ({ node }) => inside(node, 'PrepareStmt')?.name === name,
  )
  if (found === undefined) return undefined
  const { byteStart, byteLength } = found
  const text = source.slice(byteStart, byteLength === undefined ? undefined : byteStart + byteLength)
  let depth = 0
  for (const token of new TokenPositions(text).from(0)) {
    if (token.text === '(') depth++
    if (token.text === ')') depth--
    if (depth === 0 && token.text.toUpperCase() === 'AS') return new SourceText(text).slice(token.end)
  }
  return undefined
}

interface ExecutePlace {
  /** The bytes from the word EXECUTE on. */
  readonly whole: Span
  /** The arguments, without the brackets around them. */
  readonly list: Span | undefined
}

function spanOfExecute(text: string, statement: Node): ExecutePlace | undefined {
  const tokens = new TokenPositions(text).from(0)
  const follows = inside(statement, 'CreateTableAsStmt') === undefined ? undefined : 'AS'
  const index = tokens.findIndex(
    (token, at) =>
      token.text.toUpperCase() === 'EXECUTE' &&
      (follows === undefined || tokens[at - 1]?.text.toUpperCase() === follows),
  )
  const [word, name, opening] = index < 0 ? [] : tokens.slice(index)
  if (word === undefined || name === undefined) return undefined
  if (opening?.text !== '(') return { whole: { start: word.start, end: name.end }, list: undefined }
  let depth = 0
  for (const token of tokens.slice(index)) {
    if (token.text === '(') depth++
    if (token.text === ')' && --depth === 0) {
      return {
        whole: { start: word.start, end: token.end },
        list: { start: opening.end, end: token.start },
      }
    }
  }
  return undefined
}

/** Evaluates arguments as EXECUTE does: once, and turned into the parameters' types. */
async function evaluate(
  text: string,
  { list }: ExecutePlace,
  types: readonly string[],
  session: Session,
): Promise<readonly (string | null)[]> {
  if (types.length === 0 || list === undefined) return []
  const source = new SourceText(text)
  const parameters = types.map((_, index) => `$${index + 1}`).join(', ')
  const before = `execute ${argumentsName} (`
  await session.query(`prepare ${argumentsName} (${types.join(', ')}) as select ${parameters}`)
  const { rows } = await session
    .query(`${before}${source.slice(list.start, list.end)})`)
    .catch((error: unknown) => {
      throw movedError(error, source.charactersBefore(list.start) - before.length)
    })
  await session.query(`deallocate ${argumentsName}`)
  return rows[0] ?? []
}

/** @param distance between the text that was sent instead and the client's, in characters */
function movedError(error: unknown, distance: number): unknown {
  if (!(error instanceof DatabaseError) || error.position === undefined) return error
  const { sqlState, detail, hint, cause } = error
  return new DatabaseError(error.message, {
    sqlState,
    detail,
    hint,
    cause,
    position: error.position + distance,
  })
}
