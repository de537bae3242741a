/** The columns on which conditions reach a plugin, as keys of a table. */
import type { ColumnType, Key, Operator } from '@millrace/plugin-sdk'
import type { PluginKeyColumn, PluginTable } from '../protocol/plugin-schema.js'

/** How many values one call takes: the plugin makes a call of its API for each of them at once. */
export const valuesPerCall = 50

/**
 * The operators of a column that the SDK itself looks at, such as `sp_connection_name` or aws's `account_id`: to leave
 * out connections, with LIKE's patterns taken for shell patterns. Conditions on it stay here.
 */
const operatorsOfConnectionColumns = ['=', '<>', '~~', '~~*', '!~~', '!~~*'].sort().join(' ')

const bounds: ReadonlySet<string> = new Set(['<', '<=', '>', '>='])
const patterns: ReadonlySet<string> = new Set(['~~', '~~*', '!~~', '!~~*'])

/** Types whose order and equality do not depend on who compares. */
const orderedTypes: ReadonlySet<ColumnType> = new Set([
  'bigint',
  'double precision',
  'timestamp with time zone',
])

export interface KeyColumns {
  readonly keys: Readonly<Record<string, Key>>
  /** What the get function needs, all of it. */
  readonly getRequired: readonly string[]
  /** Of which the get function needs one. */
  readonly getAnyOf: readonly string[]
  /** What the get function takes; empty where there is none, or none that is known. */
  readonly getKeys: ReadonlySet<string>
  /** What the list function needs besides one of {@link listAnyOf}. */
  readonly listRequired: readonly string[]
  /** Of which the list function needs one. */
  readonly listAnyOf: readonly string[]
  /** What the list function takes. */
  readonly listKeys: ReadonlySet<string>
}

export function keyColumnsOf(table: PluginTable, types: ReadonlyMap<string, ColumnType>): KeyColumns {
  const isUsable = (key: PluginKeyColumn) => types.has(key.name) && !isConnectionColumn(key)
  const get = table.getKeys.filter(isUsable)
  const list = table.listKeys.filter(isUsable)
  const needs = {
    getRequired: namesOf(get, 'required'),
    getAnyOf: namesOf(get, 'any_of'),
    listRequired: namesOf(list, 'required'),
    listAnyOf: namesOf(list, 'any_of'),
  }
  const requirement = requirementOf(needs)
  const keys: Record<string, Key> = {}
  for (const key of [...list, ...get]) {
    const { name, operators } = key
    const type = types.get(name)
    if (type === undefined) continue
    const known = operators.flatMap((operator) => usableOperator(operator, type) ?? [])
    const all = [...new Set([...(keys[name]?.operators ?? []), ...known])]
    keys[name] = {
      operators: all,
      require: requirement(name),
      ...(all.includes('=') ? { valuesPerCall } : {}),
    }
  }
  return { ...needs, keys, getKeys: namesIn(get), listKeys: namesIn(list) }
}

function namesOf(keys: readonly PluginKeyColumn[], require: PluginKeyColumn['require']): readonly string[] {
  return keys.filter((key) => key.require === require).map(({ name }) => name)
}

function namesIn(keys: readonly PluginKeyColumn[]): ReadonlySet<string> {
  return new Set(keys.map(({ name }) => name))
}

function isConnectionColumn({ operators, require }: PluginKeyColumn): boolean {
  return require === 'optional' && [...operators].sort().join(' ') === operatorsOfConnectionColumns
}

type Needs = Pick<KeyColumns, 'getRequired' | 'getAnyOf' | 'listRequired' | 'listAnyOf'>

/**
 * What the table as a whole needs. A table that can be listed without a key needs none. Where its list needs a key, the
 * get function's keys may do instead: then one of them all has to be there, and whether that is enough shows only when
 * the table is asked.
 */
function requirementOf(needs: Needs): (name: string) => NonNullable<Key['require']> {
  const { getRequired, getAnyOf, listRequired, listAnyOf } = needs
  if (listRequired.length === 0 && listAnyOf.length === 0) return () => 'optional'
  const get = [...getRequired, ...getAnyOf]
  // Where the get function needs all that the list needs, and more, it is no other way.
  const isOtherWay =
    get.length > 0 && !(listRequired.length > 0 && listRequired.every((name) => getRequired.includes(name)))
  if (isOtherWay) {
    const any = new Set([...get, ...listRequired, ...listAnyOf])
    return (name) => (any.has(name) ? 'any-of' : 'optional')
  }
  return (name) => {
    if (listRequired.includes(name)) return 'required'
    return listAnyOf.includes(name) ? 'any-of' : 'optional'
  }
}

/**
 * The operator, if its conditions may be passed. Regular expressions mean other things to Go; the order of texts
 * depends on their collation; a plugin that drops fractions of seconds takes different times for the same one.
 */
function usableOperator(operator: string, type: ColumnType): Operator | undefined {
  const isTime = type === 'timestamp with time zone'
  if (operator === '=' || operator === 'is null' || operator === 'is not null') return operator
  if ((operator === '<>' || operator === '!=') && !isTime) return '<>'
  if (bounds.has(operator) && orderedTypes.has(type)) return operator as Operator
  if (patterns.has(operator) && type === 'text') return operator as Operator
  return undefined
}
