/** What a comparison with an expression that is made of a column says of the column itself. */
import type { ColumnType, Key } from '@millrace/plugin-sdk'
import { internalTypeNames } from '../catalog/internal-type-names.js'
import { inside, type Node } from '../parse/syntax-tree.js'
import { castNode, extremeNode } from './build-nodes.js'
import { bringsNoCollation } from './collations.js'
import { columnBound, haveExactExtremes } from './monotone.js'
import type { Comparison, ValueSource } from './pushable.js'
import { readingOf } from './textual-value.js'
import type { Wrapper } from './wrapped-column.js'

export interface Seen {
  readonly comparison: Comparison
  /** Whether the condition says no more of the column. */
  readonly isExact: boolean
}

/**
 * @param wrappers around the column, from the inside out
 * @param key of the column, if it is one
 */
export function seenThrough(
  wrappers: readonly Wrapper[],
  type: ColumnType,
  key: Key | undefined,
  comparison: Comparison,
): readonly Seen[] {
  const changed = wrappers.findIndex((wrapper) => !leavesAsIs(wrapper, type))
  if (changed < 0) {
    const isCollated = wrappers.some(({ kind }) => kind === 'collation') || bringsCollation(comparison)
    if (type === 'text' && isCollated && !collationless.has(comparison.operator)) return []
    const isVarchar = wrappers.some((wrapper) => wrapper.kind === 'cast' && wrapper.type === 'varchar')
    const typed = withTypedBounds(comparison, type)
    if (typed === undefined) return []
    return isVarchar ? asVarchar(typed) : [{ comparison: typed, isExact: true }]
  }
  const [first, ...others] = wrappers.slice(changed)
  const reading = first && readingOf(first, type)
  if (reading !== undefined) {
    const isKnown = others.every((wrapper) => leavesAsIs(wrapper, 'text'))
    // Several values have the same host, unless none has a netmask.
    const isOne = reading !== 'host' || key?.hostsOnly === true
    if (comparison.operator !== '=' || !isKnown || !isOne) return []
    const sources = comparison.sources.map(
      (source): ValueSource => (source.kind === 'boolean' ? source : { ...source, reading }),
    )
    return [{ comparison: { ...comparison, sources }, isExact: true }]
  }
  // Years of five digits sort before those of four: as a text, a later time may be less.
  const outermost = wrappers.at(-1)
  const isText = outermost?.kind === 'call' && outermost.name === 'to_char'
  if (isText && (comparison.operator === '<' || comparison.operator === '<=')) return []
  return boundsOf(comparison).flatMap(({ values, side }) => {
    const bound = columnBound(wrappers.slice(changed), internalTypeNames[type], values, side)
    return bound === undefined ? [] : [{ comparison: bound, isExact: false }]
  })
}

/**
 * Gives bounds types: LEAST and GREATEST would take literals for texts, or for values of the other bound's type.
 * @returns undefined where they would not compare the bounds as the condition does
 */
function withTypedBounds(comparison: Comparison, type: ColumnType): Comparison | undefined {
  if (!('bounds' in comparison) || comparison.bounds === undefined) return comparison
  const isInexact = type === 'double precision'
  if ((type === 'bigint' || type === 'numeric') && !haveExactExtremes(comparison.bounds)) return undefined
  const bounds = comparison.bounds.map((bound) =>
    // Beside such a column, PostgreSQL compares numbers of whatever type as such.
    isInexact || inside(bound, 'A_Const')?.sval !== undefined
      ? castNode(bound, internalTypeNames[type])
      : bound,
  )
  const { operator } = comparison
  return { operator, node: extremeNode(operator === '>=' ? 'least' : 'greatest', bounds) }
}

/** Whether comparisons see the same values inside and outside. */
function leavesAsIs(wrapper: Wrapper, type: ColumnType): boolean {
  if (wrapper.kind === 'collation') return type === 'text'
  if (wrapper.kind === 'operation')
    return type === 'text' && wrapper.operator === '||' && isEmptyText(wrapper.other)
  if (wrapper.kind !== 'cast') return false
  return wrapper.type === internalTypeNames[type] || (type === 'text' && wrapper.type === 'varchar')
}

function isEmptyText(node: Node): boolean {
  const text = inside(node, 'A_Const')?.sval
  return text !== undefined && (text.sval ?? '') === ''
}

/**
 * What a comparison with a varchar says of a text. Beside a value of type character, PostgreSQL treats a varchar as
 * one too, where it would turn the value into text; a literal is neither.
 */
function asVarchar(comparison: Comparison): readonly Seen[] {
  if (comparison.operator === '=') {
    const sources = comparison.sources.map(
      (source): ValueSource => (source.kind === 'boolean' ? source : { ...source, ignoresBlanks: true }),
    )
    return [{ comparison: { ...comparison, sources }, isExact: true }]
  }
  const isPlain = !('node' in comparison) || inside(comparison.node, 'A_Const') !== undefined
  return isPlain ? [{ comparison, isExact: true }] : []
}

/** Operators that mean the same under every collation, as long as equal texts are the same. */
const collationless: ReadonlySet<Comparison['operator']> = new Set([
  '=',
  '<>',
  '~~',
  '!~~',
  'is null',
  'is not null',
])

function bringsCollation(comparison: Comparison): boolean {
  return 'node' in comparison && ![comparison.node, ...(comparison.bounds ?? [])].every(bringsNoCollation)
}

interface Bounds {
  readonly values: readonly Node[]
  readonly side: 'lower' | 'upper'
}

/** The values between which the compared value lies. */
function boundsOf(comparison: Comparison): readonly Bounds[] {
  switch (comparison.operator) {
    case '=': {
      const values = comparison.sources.flatMap((source) => (isPlain(source) ? [source.node] : []))
      if (values.length < comparison.sources.length) return []
      return [
        { values, side: 'lower' },
        { values, side: 'upper' },
      ]
    }
    case '<':
    case '<=':
      return [{ values: comparison.bounds ?? [comparison.node], side: 'upper' }]
    case '>':
    case '>=':
      return [{ values: comparison.bounds ?? [comparison.node], side: 'lower' }]
    default:
      return []
  }
}

/** One value that is not NULL where the comparison is true. */
function isPlain(source: ValueSource): source is Extract<ValueSource, { kind: 'expression' }> {
  return source.kind === 'expression' && source.matchesNull !== true
}
