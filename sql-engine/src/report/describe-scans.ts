/** What Millrace is going to do for a statement, scan by scan, as EXPLAIN shows it. */
import { Deparser } from 'pgsql-deparser'
import type { TableReference } from '../bind/binding.js'
import { type Inside, inside, type Node } from '../parse/syntax-tree.js'
import type { DecodedValue } from '../plan/key-values.js'
import type { LocalCondition } from '../plan/local-conditions.js'
import { whyLimitStays } from '../plan/pushable-limit.js'
import type { PlannedQual, PlannedSource, ScanPlan } from '../plan/scan-plan.js'
import { notPushedWords } from './not-pushed-words.js'
import { equalText, operatorName, valueText } from './qual-text.js'
import { isSystemTable } from './system-tables.js'

export interface ScanDescription {
  readonly fromItem: TableReference
  /** The number of the scan, from 1 on, in the order in which they may start. */
  readonly number: number
  /** Numbers of the scans whose rows it waits for. */
  readonly after: readonly number[]
  readonly isNeverRead: boolean
  readonly columns: readonly string[]
  readonly pushed: readonly string[]
  readonly kept: readonly KeptText[]
  /** What becomes of LIMIT, if the query block that reads the table has one. */
  readonly limit: string | undefined
  /** How many calls it takes, as far as that is known before. */
  readonly calls: string
  /** What its calls cost, and what is left of it. */
  readonly costs: readonly string[]
}

export interface KeptText {
  readonly condition: string
  readonly reason: string
}

/** Gives a source's value, if it has been evaluated. */
export type ValueOf = (source: Extract<PlannedSource, { kind: 'query' }>) => DecodedValue | undefined

export function describeScans(
  scans: readonly ScanPlan[],
  columns: ReadonlyMap<TableReference, ReadonlySet<string>>,
  localConditions: ReadonlyMap<TableReference, readonly LocalCondition[]>,
  knownValue: ValueOf,
  costLeft: (fromItem: TableReference) => readonly string[],
): readonly ScanDescription[] {
  const numbers = new Map(scans.map(({ fromItem }, index) => [fromItem, index + 1]))
  return scans.map((scan, index) => {
    const { fromItem, isNeverRead, after, quals } = scan
    const filled = [...(columns.get(fromItem) ?? [])].sort()
    const described = quals.map((qual) => describeQual(qual, fromItem, numbers, knownValue))
    return {
      fromItem,
      number: index + 1,
      after: numbersOf(after, numbers),
      isNeverRead,
      columns: filled,
      pushed: described.flatMap((qual) => ('pushed' in qual ? [qual.pushed] : [])),
      kept: [
        ...described.flatMap((qual) => ('kept' in qual ? [qual.kept] : [])),
        ...keptTexts(localConditions.get(fromItem)),
      ],
      limit: limitText(scan),
      calls: isNeverRead ? 'none' : callsText(scan, filled, knownValue),
      costs: isNeverRead ? [] : costTexts(fromItem, costLeft(fromItem)),
    }
  })
}

/** Gives the texts of a scan's local conditions, for which the conditions are computed when they are asked for. */
export function keptTextsBy(
  localConditions: () => ReadonlyMap<TableReference, readonly LocalCondition[]>,
): (fromItem: TableReference) => readonly KeptText[] {
  return (fromItem) => keptTexts(localConditions().get(fromItem))
}

/** Local conditions, which PostgreSQL alone checks, with the reasons. */
function keptTexts(conditions: readonly LocalCondition[] = []): readonly KeptText[] {
  return conditions.map(({ condition, reason }) => ({
    condition: sqlOf(condition.expression),
    reason: notPushedWords(reason),
  }))
}

function costTexts({ table }: TableReference, left: readonly string[]): readonly string[] {
  const { calls = [] } = table.definition
  const costs = calls.flatMap(({ name, cost }) => (cost === undefined ? [] : [`${name}: ${cost}`]))
  return [...costs, ...left]
}

type Numbers = ReadonlyMap<TableReference, number>

function numbersOf(fromItems: Iterable<TableReference>, numbers: Numbers): readonly number[] {
  return [...fromItems].map((fromItem) => numbers.get(fromItem) ?? 0).sort((left, right) => left - right)
}

function describeQual(
  qual: PlannedQual,
  fromItem: TableReference,
  numbers: Numbers,
  knownValue: ValueOf,
): { readonly pushed: string } | { readonly kept: KeptText } {
  const { column, comparison, condition } = qual
  const type = fromItem.table.columns.find(({ name }) => name === column)?.type ?? 'text'
  if (!('source' in comparison) && comparison.operator !== '=') {
    return { pushed: `${column} ${operatorName(comparison.operator)}` }
  }
  const sources = comparison.operator === '=' ? comparison.sources : [comparison.source]
  const values: string[] = []
  const from = new Set<TableReference>()
  for (const source of sources) {
    if (source.kind === 'boolean') values.push(String(source.value))
    else {
      const value = knownValue(source)
      if (value?.kind === 'unequal' && comparison.operator === '=') continue
      if (value?.kind === 'inexact' || value?.kind === 'unequal') {
        const reason = notPushedWords({ kind: 'inexact', column })
        return { kept: { condition: sqlOf(condition.expression), reason } }
      }
      for (const virtual of source.query.virtuals) from.add(virtual)
      values.push(value === undefined ? sourceText(source) : constantText(value, type))
    }
  }
  if (values.length === 0) values.push('NULL')
  const text =
    comparison.operator === '='
      ? equalText(column, values)
      : `${column} ${operatorName(comparison.operator)} ${values.join(', ')}`
  const scans = numbersOf(from, numbers)
  return { pushed: scans.length === 0 ? text : `${text}, from rows of ${scans.join(', ')}` }
}

function constantText(value: DecodedValue, type: Parameters<typeof valueText>[1]): string {
  return value.kind === 'value' ? valueText(value.value, type) : 'NULL'
}

function sourceText({ source }: Extract<PlannedSource, { kind: 'query' }>): string {
  if (source.kind === 'expression') return sqlOf(source.node)
  return source.kind === 'elements' ? `ANY (${sqlOf(source.node)})` : `ANY (${sqlOf(source.select)})`
}

/** An expression on one line, as the deparser writes it, since its own text may be in a view. */
function sqlOf(node: Node): string {
  return Deparser.deparse(node).replace(/\s+/g, ' ')
}

function limitText({ fromItem, limit }: ScanPlan): string | undefined {
  const { limitCount, limitOffset } = fromItem.block.statement as Inside<'SelectStmt'>
  if (limitCount === undefined || inside(limitCount, 'A_Const')?.isnull === true) return undefined
  const text = `${sqlOf(limitCount)}${limitOffset === undefined ? '' : ` + ${sqlOf(limitOffset)}`}`
  if (limit !== undefined) {
    const { order } = limit
    return `${text}, pushed${order === undefined ? '' : `: the first by ${order.column} ${order.direction.toUpperCase()}`}`
  }
  return `${text}, kept: ${limitWords[whyLimitStays(fromItem)]}`
}

const limitWords = {
  ties: 'WITH TIES needs the rows that follow',
  joined: 'rows of several tables are joined before it',
  together: 'rows are sorted, grouped or told apart before it',
  afterwards: 'conditions, or functions over several rows, are evaluated before it',
} as const

/** @param columns that are filled */
function callsText({ fromItem, quals }: ScanPlan, columns: readonly string[], knownValue: ValueOf): string {
  if (isSystemTable(fromItem.table)) return 'none, for the rows are there'
  let known = 1
  let isKeyed = false
  const parts: string[] = []
  for (const { column, key, comparison } of quals) {
    if (comparison.operator !== '=' || key.valuesPerCall === undefined) continue
    isKeyed = true
    const areKnown = comparison.sources.every(
      (source) => source.kind === 'boolean' || knownValue(source) !== undefined,
    )
    if (areKnown) known *= Math.ceil(comparison.sources.length / key.valuesPerCall)
    else
      parts.push(
        key.valuesPerCall === 1
          ? `1 per value of ${column}`
          : `1 per ${key.valuesPerCall} values of ${column}`,
      )
  }
  if (parts.length === 0 || known > 1) parts.unshift(`${known}`)
  const { hydrate = {}, calls = [] } = fromItem.table.definition
  const further = calls.flatMap(({ name, per }) => (per === undefined ? [] : [`${name} 1 per ${per}`]))
  const hydrated = Object.values(hydrate).flatMap(({ columns: fetched }) => {
    const wanted = fetched.filter((column) => columns.includes(column))
    return wanted.length === 0 ? [] : [`1 per row for ${wanted.join(', ')}`]
  })
  const lists = parts.join(' × ')
  const paged = isKeyed
    ? `${lists}, more if answers come in pages`
    : `${lists} or more (pages and regions are not known before)`
  const inner = calls.some(({ makesCalls }) => makesCalls === true) ? '; each makes others in turn' : ''
  return `${[paged, ...further, ...hydrated].join(', and ')}${inner}`
}
