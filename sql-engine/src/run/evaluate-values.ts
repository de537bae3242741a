/** Has PostgreSQL evaluate values in the client's session: those that depend on no row, and those of key queries. */
import { defaultCollation } from '../catalog/default-collation.js'
import { quoteLiteral } from '../parse/identifier.js'
import { type KeyQuery, noQuery } from '../plan/key-query.js'
import { type DecodedValue, decodeValue, isForeignType } from '../plan/key-values.js'
import type { KeyQueryWriter, ScanTableName, Wanted } from '../plan/write-key-query.js'
import type { BoundParameters, Session } from '../statement.js'

/** The most values side by side: each takes two of PostgreSQL's 1,664 columns (MaxTupleAttributeNumber). */
const mostInOneRow = 500

type Rows = readonly (readonly (string | null)[])[]

/** What PostgreSQL has answered for a wanted value: the name of its type, and the value as JSON. */
interface Answer {
  readonly wanted: Wanted
  readonly row: Rows[number] | undefined
}

const floatingTypes: ReadonlySet<string> = new Set(['double precision', 'real'])

export class ValueEvaluator {
  readonly #session: Session
  readonly #parameters: BoundParameters | undefined
  readonly #writer: KeyQueryWriter
  readonly #nameOf: ScanTableName
  /** See {@link #printsAllDigits}. */
  #printsExactly: Promise<boolean> | undefined

  constructor(
    session: Session,
    parameters: BoundParameters | undefined,
    writer: KeyQueryWriter,
    nameOf: ScanTableName,
  ) {
    this.#session = session
    this.#parameters = parameters
    this.#writer = writer
    this.#nameOf = nameOf
  }

  /** Values that depend on no row, each of them in its place. */
  async evaluate(wanted: readonly Wanted[]): Promise<readonly DecodedValue[]> {
    if (wanted.length === 0) return []
    const evaluated = await this.#evaluateTogether(wanted)
    if (evaluated === undefined) return this.#evaluateApart(wanted)
    const exact = await this.#decoded(wanted.map((one, index) => ({ wanted: one, row: evaluated[index] })))
    const uncast = wanted.flatMap((one, index) =>
      exact[index]?.kind === 'cast' ? [{ index, one: { ...one, cast: true } }] : [],
    )
    const cast = await this.evaluate(uncast.map(({ one }) => one))
    const places = new Map(uncast.map(({ index }, position) => [index, position]))
    return exact.map((value, index) => {
      const position = places.get(index)
      return position === undefined ? value : (cast[position] ?? { kind: 'inexact' })
    })
  }

  /**
   * The different values that a key query gives.
   * @param most no more of them are taken
   */
  async rowsOf(query: KeyQuery, wanted: Wanted, most: number): Promise<readonly DecodedValue[]> {
    const rows = await this.#rowsOf(query, wanted, most)
    return rows.some(({ kind }) => kind === 'cast')
      ? this.#rowsOf(query, { ...wanted, cast: true }, most)
      : rows
  }

  /** How many different values a key query gives that are not NULL. */
  async count(query: KeyQuery, wanted: Wanted): Promise<number> {
    const keys = this.#writer.write(query, [wanted], this.#nameOf)
    const text = `select pg_catalog.count(value) from (${keys}) as keys (type, value)`
    const [[count] = []] = (await this.#session.query(text, this.#parameters)).rows
    return Number(count)
  }

  async #rowsOf(query: KeyQuery, wanted: Wanted, most: number): Promise<readonly DecodedValue[]> {
    const text = this.#writer.write(query, [wanted], this.#nameOf)
    if (text === undefined) return [{ kind: 'inexact' }]
    const some = Number.isFinite(most) ? `select * from (${text}) as keys limit ${most}` : text
    const { rows } = await this.#session.query(some, this.#parameters)
    return this.#decoded(rows.map((row) => ({ wanted, row })))
  }

  async #decoded(answers: readonly Answer[]): Promise<readonly DecodedValue[]> {
    const types = await this.#baseTypes(answers.map(({ row: [type] = [] }) => type ?? ''))
    const values = answers.map(({ wanted, row: [type, json] = [] }) => {
      const typeName = types.get(type ?? '') ?? ''
      return { isFloating: floatingTypes.has(typeName), value: decoded(typeName, json ?? null, wanted) }
    })
    const mayBeRounded = values.some(({ isFloating, value }) => isFloating && value.kind === 'value')
    const areRounded = mayBeRounded && !(await this.#printsAllDigits())
    return values.map(({ isFloating, value }) =>
      areRounded && isFloating && value.kind === 'value' ? { kind: 'inexact' } : value,
    )
  }

  /** Whether PostgreSQL prints floating point exactly in this session, as it does by itself since version 12. */
  #printsAllDigits(): Promise<boolean> {
    this.#printsExactly ??= this.#session
      .query("select pg_catalog.current_setting('extra_float_digits')::pg_catalog.int4 > 0")
      .then(({ rows }) => rows[0]?.[0] === 't')
    return this.#printsExactly
  }

  /** Types and JSON of values that depend on no row; undefined where one cannot be written. */
  async #evaluateTogether(wanted: readonly Wanted[]): Promise<Rows | undefined> {
    const isList = wanted.length > mostInOneRow
    const text = isList ? this.#writer.writeList(wanted) : this.#writer.write(noQuery, wanted, this.#nameOf)
    if (text === undefined) return undefined
    const { rows } = await this.#session.query(text, this.#parameters)
    if (isList) return rows
    const [row = []] = rows
    return wanted.map((_, index) => [row[2 * index] ?? null, row[2 * index + 1] ?? null])
  }

  /** Types by their names; for domains, their base types, by whose operators values are compared. */
  async #baseTypes(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const types = new Map(names.map((name) => [name, name]))
    const foreign = [...types.keys()].filter(isForeignType)
    if (foreign.length === 0) return types
    const { rows } = await this.#session.query(baseTypesQuery(foreign))
    for (const [name, base] of rows) if (name && base) types.set(name, base)
    return types
  }

  /** Evaluates values one after the other, where one of them cannot be written. */
  async #evaluateApart(wanted: readonly Wanted[]): Promise<readonly DecodedValue[]> {
    if (wanted.length === 1) return [{ kind: 'inexact' }]
    const values: DecodedValue[] = []
    for (const one of wanted) values.push(...(await this.evaluate([one])))
    return values
  }
}

/** Texts of a domain with another collation are ordered by that: such a domain is none of its base type. */
function baseTypesQuery(names: readonly string[]): string {
  return `with recursive types (name, oid) as (
      select name, pg_catalog.to_regtype(name)::pg_catalog.oid
      from pg_catalog.unnest(array[${names.map(quoteLiteral).join(', ')}]::pg_catalog.text[]) as name
      join pg_catalog.pg_type root on root.oid = pg_catalog.to_regtype(name)::pg_catalog.oid
      where root.typcollation in (0, ${defaultCollation})
      union all
      select name, t.typbasetype from types join pg_catalog.pg_type t using (oid) where t.typtype = 'd')
    select name, oid::pg_catalog.regtype::pg_catalog.text
    from types join pg_catalog.pg_type t using (oid) where t.typtype <> 'd'`
}

function decoded(typeName: string, json: string | null, { source, literalType }: Wanted): DecodedValue {
  const value = decodeValue(typeName, json, literalType)
  // As a text it would equal less.
  return value.kind === 'cast' && source.ignoresBlanks === true ? { kind: 'inexact' } : value
}
