/** Finds the values of a scan's planned conditions in the client's session, and makes quals of them. */
import type { ColumnType, Qual, QualValue } from '@millrace/plugin-sdk'
import type { TableReference } from '../bind/binding.js'
import type { ScanLimit } from '../fetch/scan-limit.js'
import { countCalls, type ScanQuals } from '../fetch/scan-quals.js'
import { inside, type Node } from '../parse/syntax-tree.js'
import { noQuery } from '../plan/key-query.js'
import type { DecodedValue } from '../plan/key-values.js'
import { areNumbers, isMixedByTypes } from '../plan/listed-values.js'
import { missingKeyError, missingKeys } from '../plan/missing-key.js'
import { isNeverNull } from '../plan/never-null.js'
import type {
  PlannedComparison,
  PlannedLimit,
  PlannedQual,
  PlannedSource,
  QuerySource,
  ScanPlan,
} from '../plan/scan-plan.js'
import { valueOfText } from '../plan/textual-value.js'
import type { KeyQueryWriter, ScanTableName, Wanted } from '../plan/write-key-query.js'
import type { BoundParameters, Session } from '../statement.js'
import { ValueEvaluator } from './evaluate-values.js'
import { parameterText } from './parameter-value.js'

/** What a scan is asked for. */
export type PushedQuals =
  | {
      readonly kind: 'some'
      readonly quals: ScanQuals
      /** Whether every planned condition was pushed. */
      readonly whole: boolean
    }
  /** No row can fulfil the conditions, so there is nothing to ask. */
  | { readonly kind: 'none' }

/** The most calls for keys that can be left out; with more, more rows are read instead. */
const mostOptionalCalls = 100

/** The values of a condition; null where a value is NULL. */
type Values = readonly (QualValue | null | typeof unequal)[] | 'inexact' | 'too many'
/** Stands for a value that no value of the column's type equals. */
const unequal = Symbol('unequal')

type PlannedEquality = Extract<PlannedComparison, { operator: '=' }>

/** Holds the number of a scan's keys to the statement's quota. */
export interface KeyQuota {
  readonly limit: number
  /** @throws DatabaseError if they are too many */
  check(table: string, keys: number): void
}

export class QualPusher {
  readonly #parameters: BoundParameters | undefined
  readonly #values: ValueEvaluator
  readonly #keyQuota: KeyQuota
  readonly #constants = new Map<QuerySource, Promise<DecodedValue>>()

  constructor(
    session: Session,
    parameters: BoundParameters | undefined,
    writer: KeyQueryWriter,
    nameOf: ScanTableName,
    keyQuota: KeyQuota,
  ) {
    this.#keyQuota = keyQuota
    this.#parameters = parameters
    this.#values = new ValueEvaluator(session, parameters, writer, nameOf)
  }

  /** Evaluates what depends on no scan, for all plans in one query. */
  async evaluateConstants(plans: readonly ScanPlan[]): Promise<void> {
    const open: { readonly source: QuerySource; readonly asked: Asked }[] = []
    for (const { fromItem, quals } of plans) {
      for (const qual of quals) {
        for (const source of querySourcesOf(qual)) {
          if (!isConstant(source)) continue
          const asked = askedOf(fromItem, qual)
          const local = this.#localValue(source, asked.type)
          if (local === undefined) open.push({ source, asked })
          else this.#constants.set(source, Promise.resolve(asRead(local, source, asked)))
        }
      }
    }
    const values = await this.#values.evaluate(open.map(({ source, asked }) => wantedOf(source, asked.type)))
    for (const [index, { source, asked }] of open.entries()) {
      const value = values[index]
      if (value !== undefined) this.#constants.set(source, Promise.resolve(asRead(value, source, asked)))
    }
  }

  /** A value for which PostgreSQL need not be asked: a string literal compared with a text, or a parameter. */
  #localValue(planned: QuerySource, type: ColumnType): DecodedValue | undefined {
    const { source } = planned
    if (source.kind !== 'expression') return undefined
    const { literalType } = wantedOf(planned, type)
    const literal = inside(source.node, 'A_Const')?.sval
    if (literal !== undefined && literalType === 'text') return { kind: 'value', value: literal.sval ?? '' }
    const number = inside(source.node, 'ParamRef')?.number
    const text =
      number === undefined || this.#parameters === undefined
        ? undefined
        : parameterText(this.#parameters, number, literalType)
    if (text === undefined) return undefined
    return { kind: 'value', value: literalType === 'bigint' ? BigInt(text) : text }
  }

  /** What a source was evaluated to, if it depends on no scan. */
  constantOf(source: QuerySource): Promise<DecodedValue> | undefined {
    return this.#constants.get(source)
  }

  /** What a planned limit comes to, once every planned condition is pushed; undefined for no limit. */
  async limitOf({ bounds, order }: PlannedLimit): Promise<ScanLimit | undefined> {
    const rows = await this.#rowsWithin(bounds)
    return rows === undefined ? undefined : { rows, order }
  }

  /** The number of rows that LIMIT and OFFSET leave over; undefined for no limit. */
  async #rowsWithin(bounds: readonly Node[]): Promise<number | undefined> {
    const constants = bounds.map((node) => inside(node, 'A_Const')?.ival)
    if (constants.every((constant) => constant !== undefined)) {
      return constants.reduce((sum, constant) => sum + (constant.ival ?? 0), 0)
    }
    const wanted = bounds.map((node) =>
      wantedOf({ kind: 'query', source: { kind: 'expression', node }, query: noQuery }, 'bigint'),
    )
    const [count, offset] = await this.#values.evaluate(wanted)
    if (count?.kind !== 'value') return undefined
    if (bounds.length > 1 && offset?.kind !== 'value' && offset?.kind !== 'null') return undefined
    return Number(count.value) + (offset?.kind === 'value' ? Number(offset.value) : 0)
  }

  /**
   * The quals of a scan, once the scans that it depends on are staged.
   * @throws DatabaseError HV002 when no value found for a required key can be pushed
   */
  async push({ fromItem, quals }: ScanPlan): Promise<PushedQuals> {
    const byColumn = new Map<string, Qual<QualValue>[]>()
    let whole = true
    for (const qual of quals) {
      const pushed = await this.#pushQual(fromItem, qual)
      if (pushed === 'nothing matches') return { kind: 'none' }
      if (pushed === undefined) {
        whole = false
        continue
      }
      const merged = mergeEqual(byColumn.get(qual.column) ?? [], pushed)
      if (merged === undefined) return { kind: 'none' }
      byColumn.set(qual.column, merged)
    }
    const given = [...byColumn].filter(([, ofColumn]) => ofColumn.some(({ operator }) => operator === '='))
    const missing = missingKeys(fromItem, new Set(given.map(([column]) => column)))
    if (missing.length > 0) throw missingKeyError(fromItem, missing, 'unusable')
    return { kind: 'some', ...withoutCostlyKeys(Object.fromEntries(byColumn), fromItem, whole) }
  }

  async #pushQual(
    fromItem: TableReference,
    qual: PlannedQual,
  ): Promise<Qual<QualValue> | 'nothing matches' | undefined> {
    const { comparison } = qual
    if (!('source' in comparison) && comparison.operator !== '=') return comparison
    const asked = askedOf(fromItem, qual)
    if (comparison.operator === '=') {
      const values = new Map<string, QualValue>()
      const sources = this.#sourcesOf(comparison)
      if (sources === undefined) return undefined
      for (const source of sources) {
        const found = source.kind === 'boolean' ? [source.value] : await this.#valuesOf(source, asked)
        if (found === 'too many') {
          if (source.kind === 'query' && !canBeLeftOut(fromItem, qual.column))
            await this.#refuse(fromItem, source, asked.type)
          return undefined
        }
        if (found === 'inexact') return undefined
        if (source.kind === 'query' && source.source.matchesNull === true) {
          if (found.includes(null) && !isNeverNull(qual.key)) return undefined
        }
        for (const value of found) {
          if (value !== null && value !== unequal) values.set(String(value), value)
        }
      }
      const [first, ...others] = values.values()
      return first === undefined ? 'nothing matches' : { operator: '=', values: [first, ...others] }
    }
    const { operator, source } = comparison
    const found = await this.#valuesOf(source, asked)
    if (typeof found === 'string') return undefined
    const [value] = found
    if (value === unequal) return undefined
    if (value === undefined || value === null) return 'nothing matches'
    if (operator === '<>') return { operator, value }
    if (operator === '<' || operator === '<=' || operator === '>' || operator === '>=') {
      return { operator, value }
    }
    return typeof value === 'string' ? { operator, value } : undefined
  }

  /**
   * Where the values of an equality come from; undefined where it is not known as what PostgreSQL compares a parameter:
   * as another type than its own, because of others that are listed with it.
   */
  #sourcesOf({ sources, lists, together }: PlannedEquality): readonly PlannedSource[] | undefined {
    const types = this.#parameters?.types ?? []
    const mixed = lists.filter((list) => isMixedByTypes(list, types))
    if (mixed.length === 0) return sources
    return together !== undefined && mixed.every((list) => areNumbers(list, types)) ? [together] : undefined
  }

  async #valuesOf(planned: QuerySource, asked: Asked): Promise<Values> {
    const constant = await this.#constants.get(planned)
    if (constant !== undefined) return toValues([constant])
    const wanted = wantedOf(planned, asked.type)
    // However many there are, no more are taken than may be asked for; one of them may be NULL.
    const most = this.#keyQuota.limit + 1
    const rows = await this.#values.rowsOf(planned.query, wanted, most + 1)
    if (rows.length > most) return 'too many'
    return toValues(rows.map((row) => asRead(row, planned, asked)))
  }

  /** @throws DatabaseError that names the number of values, which only PostgreSQL has counted */
  async #refuse(fromItem: TableReference, { source, query }: QuerySource, type: ColumnType): Promise<void> {
    const wanted = wantedOf({ kind: 'query', source, query }, type)
    this.#keyQuota.check(fromItem.table.definition.name, await this.#values.count(query, wanted))
  }
}

function isConstant({ source, query }: QuerySource): boolean {
  return source.kind === 'expression' && query.from.length === 0 && query.virtuals.size === 0
}

function wantedOf({ source }: QuerySource, type: ColumnType): Wanted {
  return { source, literalType: source.reading === undefined ? type : 'text', cast: false }
}

/** What a table is asked for by a qual's values. */
interface Asked {
  readonly type: ColumnType
  /** NaN and the infinities, which hardly an API knows, are asked for only where a key cannot do without. */
  readonly takesSpecialNumbers: boolean
}

function askedOf(fromItem: TableReference, { column, comparison }: PlannedQual): Asked {
  const type = fromItem.table.columns.find(({ name }) => name === column)?.type ?? 'text'
  const takesSpecialNumbers = comparison.operator === '=' && !canBeLeftOut(fromItem, column)
  return { type, takesSpecialNumbers }
}

/**
 * A value, in the column's type where it came as a text that is made of one. A text that no value has becomes NULL.
 */
function asRead(
  decoded: DecodedValue,
  { source }: QuerySource,
  { type, takesSpecialNumbers }: Asked,
): DecodedValue {
  if (decoded.kind !== 'value') return decoded
  const isSpecial = typeof decoded.value === 'number' && !Number.isFinite(decoded.value)
  if (isSpecial && !takesSpecialNumbers) return { kind: 'inexact' }
  if (source.reading === undefined) return decoded
  const value = valueOfText(String(decoded.value), source.reading, type)
  return value === undefined ? { kind: 'null' } : { kind: 'value', value }
}

/** The sources of a condition's values that PostgreSQL evaluates. */
export function querySourcesOf({ comparison }: PlannedQual): readonly QuerySource[] {
  if (comparison.operator === '=') return comparison.sources.filter((source) => source.kind === 'query')
  return 'source' in comparison ? [comparison.source] : []
}

function toValues(decoded: readonly DecodedValue[]): Values {
  const values: (QualValue | null | typeof unequal)[] = []
  for (const one of decoded) {
    if (one.kind === 'inexact' || one.kind === 'cast') return 'inexact'
    if (one.kind === 'value') values.push(one.value)
    else values.push(one.kind === 'null' ? null : unequal)
  }
  return values
}

/** Adds a qual to those of its column; of two `=`, what they have in common. Undefined when that is nothing. */
function mergeEqual(
  quals: readonly Qual<QualValue>[],
  added: Qual<QualValue>,
): Qual<QualValue>[] | undefined {
  const known = quals.find((qual) => qual.operator === '=')
  if (added.operator !== '=' || known?.operator !== '=') return [...quals, added]
  const [first, ...others] = known.values.filter((value) => added.values.includes(value))
  if (first === undefined) return undefined
  return [...quals.filter((qual) => qual !== known), { operator: '=', values: [first, ...others] }]
}

/**
 * Whether values for a key can be left out. A column that only repeats what is asked for is empty without its key,
 * and PostgreSQL would keep no row.
 */
function canBeLeftOut({ table }: TableReference, column: string): boolean {
  const key = table.definition.keys[column]
  return key?.inherent === true && (key.require ?? 'optional') === 'optional'
}

/**
 * Leaves out keys that the API can do without where their values, combined with those of the other keys, need too
 * many calls: the one with the most values first.
 */
function withoutCostlyKeys(quals: ScanQuals, fromItem: TableReference, whole: boolean) {
  const { keys } = fromItem.table.definition
  const callsFor = (column: string) => countCalls({ [column]: quals[column] ?? [] }, keys)
  const columns = Object.keys(quals).sort((one, other) => callsFor(one) - callsFor(other))
  let calls = 1
  for (const column of columns) if (!canBeLeftOut(fromItem, column)) calls *= callsFor(column)
  const kept = { ...quals }
  for (const column of columns.filter((one) => canBeLeftOut(fromItem, one))) {
    const more = callsFor(column)
    if (more === 1 || calls * more <= mostOptionalCalls) calls *= more
    else kept[column] = (quals[column] ?? []).filter(({ operator }) => operator !== '=')
  }
  const isKept = columns.every((column) => kept[column] === quals[column])
  return { quals: kept, whole: whole && isKept }
}
