/** Divides a scan into calls of Execute, of which each has at most one condition with several values. */
import type { ColumnType, Quals, QualValue } from '@millrace/plugin-sdk'
import type { PluginQual } from '../protocol/execute-request.js'
import { equalityTest } from './equality.js'
import type { KeyColumns } from './key-columns.js'
import { equalQual, type PassedColumn, type PassingColumn, passedColumns } from './passed-quals.js'

/** A test of a row's column. */
export interface RowTest {
  readonly column: string
  readonly holds: (value: unknown) => boolean
}

export interface PlannedExecute {
  readonly quals: readonly PluginQual[]
  /** Rows that fail one belong to another call, or to none: what is left is in one call only. */
  readonly tests: readonly RowTest[]
  /** The condition with several values, which the API may take for one: rows may come twice. */
  readonly list: { readonly column: string; readonly values: readonly QualValue[] } | undefined
  /** Whether it is the plugin's get function that is called. */
  readonly isGet: boolean
}

export interface ExecutesOptions {
  readonly quals: Quals
  readonly types: ReadonlyMap<string, ColumnType>
  readonly keys: KeyColumns
  /** Not to call the get function: it has found its key in several places, which it takes for an error. */
  readonly withoutGet?: boolean
}

/** The most calls that the values of several columns are multiplied out to. */
const mostExecutes = 50

interface Equal {
  readonly column: string
  readonly values: readonly QualValue[]
}

/** The plugin needs a condition that the scan does not have. */
export class MissingKey extends Error {
  override readonly name = 'MissingKey'
}

/**
 * @returns none where no row can be: a key that is needed has no value that could be one
 * @throws {MissingKey} where the plugin needs a condition that the scan does not have
 */
export function planExecutes({ quals, types, keys, withoutGet = false }: ExecutesOptions): PlannedExecute[] {
  const typeOf = (column: string) => types.get(column) ?? 'text'
  const columns = new Map<string, PassingColumn>(
    Object.entries(keys.keys).map(([name, { operators }]) => [name, { type: typeOf(name), operators }]),
  )
  const all = passedColumns(quals, columns)
  const isGet = !withoutGet && callsGet(all, keys)
  const needed = new Set(
    isGet ? [...keys.getRequired, ...keys.getAnyOf] : [...keys.listRequired, ...keys.listAnyOf],
  )
  if (!isGet) checkNeeds(all, keys)
  const passed = all
    .filter(({ column }) => (isGet ? keys.getKeys : keys.listKeys).has(column))
    // With a condition on it, the SDK would call the get function.
    .filter(({ column }) => needed.has(column) || !(withoutGet && keys.getKeys.has(column)))
    .flatMap((one) => passable(one, typeOf(one.column), needed.has(one.column)))
  if (passed.some((one) => one.kind === 'equal' && one.values.length === 0)) return []
  const equal = passed.filter((one) => one.kind === 'equal')
  const others = passed.flatMap((one) => (one.kind === 'other' ? one.quals : []))
  const { list, multiplied } = divided(equal, needed)
  const promised = promisedTests(quals, keys, typeOf)
  return combinations(multiplied).map((combination) => {
    const single = [...combination].map(([column, value]) => ({ column, values: [value] }))
    const equals: readonly Equal[] = list === undefined ? single : [...single, list]
    const isTested = ({ column }: RowTest) => equals.some((one) => one.column === column)
    return {
      quals: [
        ...others,
        ...equals.flatMap(({ column, values }) => equalQual(column, typeOf(column), values) ?? []),
      ],
      tests: [
        ...equals.map(({ column, values }) => ({ column, holds: equalityTest(typeOf(column), values) })),
        ...promised.filter((test) => !isTested(test)),
      ],
      list,
      isGet,
    }
  })
}

/**
 * That a row has one of the values which the scan is about, as keys with `valuesPerCall` promise, whether the plugin is told
 * of them or not: the other values are another scan's, and a row that both gave would be there twice.
 */
function promisedTests(
  quals: Quals,
  { keys }: KeyColumns,
  typeOf: (column: string) => ColumnType,
): readonly RowTest[] {
  return Object.entries(keys).flatMap(([column, key]) => {
    const equal = quals[column]?.find((qual) => qual.operator === '=')
    if (key.valuesPerCall === undefined || equal?.operator !== '=') return []
    return [{ column, holds: equalityTest(typeOf(column), equal.values) }]
  })
}

/** The SDK calls the get function when all of its keys have a condition that it takes. */
function callsGet(passed: readonly PassedColumn[], { getRequired, getAnyOf }: KeyColumns): boolean {
  const isThere = (name: string) => passed.some(({ kind, column }) => kind === 'equal' && column === name)
  if (getRequired.length === 0 && getAnyOf.length === 0) return false
  return getRequired.every(isThere) && (getAnyOf.length === 0 || getAnyOf.some(isThere))
}

/**
 * A value that cannot be passed, such as an empty text, means to the plugin that there is no condition. Where it needs
 * one, such a value is left out: no row could be asked for by it. Elsewhere, the condition is.
 */
function passable(passed: PassedColumn, type: ColumnType, isNeeded: boolean): PassedColumn[] {
  if (passed.kind === 'other') return [passed]
  const values = passed.values.filter((value) => equalQual(passed.column, type, [value]) !== undefined)
  return isNeeded || values.length === passed.values.length ? [{ ...passed, values }] : []
}

function checkNeeds(passed: readonly PassedColumn[], { listRequired, listAnyOf }: KeyColumns): void {
  const isThere = (name: string) => passed.some(({ column }) => column === name)
  const missing = listRequired.filter((name) => !isThere(name))
  if (missing.length > 0) throw new MissingKey(`it needs a value for ${missing.join(' and ')}`)
  if (listAnyOf.length > 0 && !listAnyOf.some(isThere)) {
    throw new MissingKey(`it needs a value for ${listAnyOf.join(' or ')}`)
  }
}

/** Which column keeps its list of values, and which are multiplied out; optional ones that would be too many are left out. */
function divided(equal: readonly Equal[], needed: ReadonlySet<string>) {
  const several = equal.filter(({ values }) => values.length > 1)
  const [list] = several.toSorted((one, other) => other.values.length - one.values.length)
  const multiplied: Equal[] = equal.filter(({ values }) => values.length === 1)
  let count = 1
  const rest = several.filter((one) => one !== list)
  const neededFirst = rest.toSorted(
    (one, other) => Number(needed.has(other.column)) - Number(needed.has(one.column)),
  )
  for (const one of neededFirst) {
    if (!needed.has(one.column) && count * one.values.length > mostExecutes) continue
    count *= one.values.length
    multiplied.push(one)
  }
  return { list, multiplied }
}

function combinations(columns: readonly Equal[]): ReadonlyMap<string, QualValue>[] {
  return columns.reduce<ReadonlyMap<string, QualValue>[]>(
    (maps, { column, values }) =>
      maps.flatMap((map) => values.map((value) => new Map([...map, [column, value]]))),
    [new Map()],
  )
}

/** The call for one of the values of its list alone. */
export function forOneValue(
  { quals, tests, isGet }: PlannedExecute,
  column: string,
  type: ColumnType,
  value: QualValue,
): PlannedExecute {
  const qual = equalQual(column, type, [value])
  return {
    quals: [...quals.filter((one) => one.column !== column), ...(qual === undefined ? [] : [qual])],
    tests: [
      ...tests.filter((test) => test.column !== column),
      { column, holds: equalityTest(type, [value]) },
    ],
    list: undefined,
    isGet,
  }
}
