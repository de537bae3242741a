/**
 * Bounds on a column from bounds on an expression made of it: `timestamp::date >= '2024-05-01'` holds only for
 * timestamps of about that day or later. What never falls while the column grows, or never rises, can be turned back,
 * if not exactly. The bounds may be wide, by the days that time zones and their changes can make; never narrow.
 */
import { inside, type Node } from '../parse/syntax-tree.js'
import { callNode, castNode, extremeNode, literalNode } from './build-nodes.js'
import { asNumeric, isExactNumber } from './exact-numbers.js'
import { type Kind, type Side, type Step, shifted, stepOf } from './monotone-steps.js'
import type { Wrapper } from './wrapped-column.js'

/** A bound on the column. */
export interface ColumnBound {
  readonly operator: '>=' | '<='
  readonly node: Node
}

/**
 * The bound that follows for a wrapped column.
 * @param columnType PostgreSQL's internal name of the column's type
 * @param values that the whole is at least, or at most; if there are several, one of them
 * @returns undefined when the wrappers, or the values, are of other kinds
 */
export function columnBound(
  wrappers: readonly Wrapper[],
  columnType: string,
  values: readonly Node[],
  side: Side,
): ColumnBound | undefined {
  const steps = stepsOf(wrappers, columnType)
  if (steps === undefined) return undefined
  const bounds: Node[] = []
  const falls = steps.filter((step) => step.falls).length % 2 === 1
  const isLower = (side === 'lower') !== falls
  // To PostgreSQL, NaN is greater than all numbers, and so is what is made of it, even where that falls.
  if (falls && !isLower && typesWithNaN.has(columnType)) return undefined
  if (kindsOfColumns[columnType] === 'numeric' && !haveExactExtremes(values)) return undefined
  for (const value of values) {
    const bound = turnedBack(value, side, steps)
    if (bound === undefined) return undefined
    bounds.push(bound)
  }
  const [first, ...others] = bounds
  if (first === undefined) return undefined
  const widest = others.length === 0 ? first : extremeNode(isLower ? 'least' : 'greatest', bounds)
  // A bigint's bound is an integer.
  const node = columnType === 'int8' ? callNode(isLower ? 'floor' : 'ceil', widest) : widest
  return { operator: isLower ? '>=' : '<=', node }
}

/**
 * Whether LEAST and GREATEST of numbers give one of them: beside a `real`, they make reals of all, which may be too large
 * for that, or be rounded.
 */
export function haveExactExtremes(values: readonly Node[]): boolean {
  return values.length < 2 || values.every(isExactNumber)
}

const kindsOfColumns: Readonly<Record<string, Kind>> = {
  timestamptz: 'timestamptz',
  date: 'date',
  int8: 'numeric',
  numeric: 'numeric',
  float8: 'numeric',
}

const typesWithNaN: ReadonlySet<string> = new Set(['numeric', 'float8'])

/** With each step that a number takes back, the expression for its bound is at least twice as long. */
const mostSteps = 6

function stepsOf(wrappers: readonly Wrapper[], columnType: string): readonly Step[] | undefined {
  let kind = kindsOfColumns[columnType]
  const steps: Step[] = []
  for (const wrapper of wrappers) {
    const step = kind && stepOf(wrapper, kind)
    if (step === undefined) return undefined
    steps.push(step)
    kind = step.kind
  }
  return steps.length === 0 || steps.length > mostSteps ? undefined : steps
}

function turnedBack(value: Node, side: Side, steps: readonly Step[]): Node | undefined {
  let bound = ofKind(value, side, steps.at(-1)?.kind)
  let turned = side
  for (const step of steps.toReversed()) {
    bound = bound && step.bound(bound, turned)
    if (step.falls) turned = turned === 'lower' ? 'upper' : 'lower'
  }
  return bound
}

/** A value as PostgreSQL compares it with an expression of a kind, or a little farther out. */
function ofKind(value: Node, side: Side, kind: Kind | undefined): Node | undefined {
  switch (kind) {
    case 'timestamptz':
      return limited(castNode(value, kind), kind)
    case 'timestamp':
    case 'date': {
      // A value of another type makes PostgreSQL compare times of the session's zone, whose clocks change.
      const typed = limited(castNode(value, kind), kind)
      return inside(value, 'A_Const') === undefined ? castNode(shifted(typed, side, '2 days'), kind) : typed
    }
    case 'numeric':
    case 'whole':
      return asNumeric(value)
    case 'span':
    case 'formatted':
      return value
    case undefined:
      return undefined
  }
}

/**
 * Limits a time to those that can be added to and subtracted from without an overflow. (No API reports times beyond.)
 */
function limited(value: Node, type: 'timestamptz' | 'timestamp' | 'date'): Node {
  const atLeast = extremeNode('greatest', [value, castNode(literalNode('4000-01-01 BC'), type)])
  return extremeNode('least', [atLeast, castNode(literalNode('290000-01-01'), type)])
}
