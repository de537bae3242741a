/** How bounds of PostgreSQL's own casts, functions and operations on times and numbers are turned back. */
import { inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import { typeNameOf } from '../parse/type-name.js'
import {
  atTimeZoneNode,
  callNode,
  castNode,
  extremeNode,
  literalNode,
  numberNode,
  operationNode,
} from './build-nodes.js'
import { asNumeric } from './exact-numbers.js'
import { formattedTime, unitLengths } from './time-format.js'
import type { Wrapper } from './wrapped-column.js'

/**
 * What an expression's values are. `whole` numbers have no fraction, so that rounding leaves them as they are. A `span` is
 * the time between two times; `formatted`, a time as a text.
 */
export type Kind = 'timestamptz' | 'timestamp' | 'date' | 'numeric' | 'whole' | 'span' | 'formatted'

/** Whether a value bounds from below or from above. */
export type Side = 'lower' | 'upper'

/** One wrapper: turns a bound on it into a bound on what stands inside it. */
export interface Step {
  readonly kind: Kind
  /** Whether it falls while what is inside grows: a lower bound then becomes an upper one. */
  readonly falls: boolean
  /** @returns undefined for values that cannot be turned back */
  bound(value: Node, side: Side): Node | undefined
}

/** @param kind of what is inside the wrapper */
export function stepOf(wrapper: Wrapper, kind: Kind): Step | undefined {
  switch (wrapper.kind) {
    case 'collation':
      return undefined
    case 'cast':
      return castStep(wrapper.type, kind)
    case 'call':
      return callStep(wrapper, kind)
    case 'operation':
      if (kind === 'numeric' || kind === 'whole') return arithmeticStep(wrapper)
      return isTime(kind) ? timeStep(wrapper, kind) : undefined
  }
}

type Time = 'timestamptz' | 'timestamp' | 'date'

function isTime(kind: Kind): kind is Time {
  return kind === 'timestamptz' || kind === 'timestamp' || kind === 'date'
}

function rising(kind: Kind, bound: Step['bound']): Step {
  return { kind, falls: false, bound }
}

function falling(kind: Kind, bound: Step['bound']): Step {
  return { kind, falls: true, bound }
}

function castStep(type: string, kind: Kind): Step | undefined {
  if (kind === 'whole') return numberTypes.has(type) ? rising('whole', (value) => value) : undefined
  if (kind === 'numeric') {
    if (['int2', 'int4', 'int8'].includes(type))
      return rising('numeric', (value, side) => wider(value, side, 1))
    return ['numeric', 'float8'].includes(type)
      ? rising('numeric', (value, side) => wider(value, side, 0))
      : undefined
  }
  if (!isTime(kind) || (type !== 'timestamptz' && type !== 'timestamp' && type !== 'date')) return undefined
  if (type === kind) return rising(kind, (value) => value)
  return rising(type, (value, side) => {
    // Midnight stands for the whole day.
    const farthest = type === 'date' && side === 'upper' ? '2 days' : '1 day'
    return castNode(shifted(castNode(value, kind), side, farthest), kind)
  })
}

const roundings: ReadonlySet<string> = new Set(['floor', 'ceil', 'ceiling', 'round', 'trunc'])

type Call = Extract<Wrapper, { kind: 'call' }>

function callStep({ name, args, position }: Call, kind: Kind): Step | undefined {
  const [first, second] = args
  const isFirst = position === 0 && args.length === 1
  if (kind === 'whole') return isFirst && roundings.has(name) ? rising('whole', (value) => value) : undefined
  if (kind === 'numeric') {
    if (!isFirst) return undefined
    if (name === 'to_timestamp') return rising('timestamptz', (value, side) => wider(epochOf(value), side, 1))
    return roundings.has(name) ? rising('numeric', (value, side) => wider(value, side, 1)) : undefined
  }
  if (name === 'date' && isFirst) return castStep('date', kind)
  if (kind !== 'timestamptz' && kind !== 'timestamp') return undefined
  const literal = textOf(position === 0 ? second : first)
  if (name === 'to_char' && position === 0 && literal !== undefined) return formatStep(literal, kind)
  if (position !== 1 || first === undefined) return undefined
  switch (name) {
    case 'date_trunc': {
      const length = literal === undefined ? undefined : unitLengths.get(literal.toLowerCase())
      if (length === undefined) return undefined
      // Where clocks are set back at midnight, midnight comes twice, and the later one may be taken.
      return rising(kind, (value, side) => {
        const farther = shifted(value, side, '1 day')
        return side === 'lower' ? farther : shifted(farther, side, length)
      })
    }
    case 'date_bin':
      return rising(kind, (value, side) => {
        const farther = shifted(value, side, '1 day')
        return side === 'lower' ? farther : operationNode(farther, '+', castNode(first, 'interval'))
      })
    case 'timezone': {
      const other = kind === 'timestamptz' ? 'timestamp' : 'timestamptz'
      return rising(other, (value, side) => shifted(atTimeZoneNode(value, first), side, '1 day'))
    }
    case 'extract':
    case 'date_part':
      return partStep(literal?.toLowerCase(), kind)
    default:
      return undefined
  }
}

function formatStep(format: string, kind: 'timestamptz' | 'timestamp'): Step {
  return rising('formatted', (value, side) => {
    const text = textOf(value)
    const time = text === undefined ? undefined : formattedTime(format, text)
    if (time === undefined) return undefined
    const start = shifted(castNode(literalNode(time.start), kind), side, '2 days')
    return side === 'lower' ? start : shifted(start, side, time.length)
  })
}

/** Of a time's parts, the two that never fall. */
function partStep(part: string | undefined, kind: 'timestamptz' | 'timestamp'): Step | undefined {
  if (part === 'epoch') return rising('numeric', (value, side) => ofEpoch(value, side, kind))
  if (part === 'year') return rising('whole', (value, side) => ofYear(value, side, kind))
  return undefined
}

/** The begin of a year, or of the one after it, as far as PostgreSQL has times. */
function ofYear(year: Node, side: Side, kind: 'timestamptz' | 'timestamp'): Node {
  // There is no year 0, so years before Christ are counted one too far back: that is wide enough at the begin only.
  const atLeast = extremeNode('greatest', [year, numberNode(side === 'lower' ? -4000 : 1)])
  const whole = callNode('floor', extremeNode('least', [atLeast, numberNode(290_000)]))
  const years = operationNode(whole, '-', numberNode(side === 'lower' ? 2000 : 1999))
  const age = callNode('make_interval', castNode(years, 'int4'))
  const start = operationNode(castNode(literalNode('2000-01-01'), 'timestamp'), '+', age)
  return castNode(shifted(start, side, '2 days'), kind)
}

/** A time in seconds since 1970. */
function epochOf(time: Node): Node {
  return castNode(callNode('date_part', literalNode('epoch'), time), 'numeric')
}

/** The time that is a number of seconds since 1970, as far as PostgreSQL has times. */
function ofEpoch(seconds: Node, side: Side, kind: 'timestamptz' | 'timestamp'): Node {
  const atLeast = extremeNode('greatest', [seconds, numberNode(-1.9e11)])
  const time = callNode('to_timestamp', castNode(extremeNode('least', [atLeast, numberNode(9e12)]), 'float8'))
  const typed = kind === 'timestamptz' ? time : atTimeZoneNode(time, literalNode('UTC'))
  return shifted(typed, side, '2 seconds')
}

type Operation = Extract<Wrapper, { kind: 'operation' }>

function timeStep({ operator, other, side: place }: Operation, kind: Time): Step | undefined {
  const isInterval = isCastTo(other, 'interval')
  if (kind === 'date') return dateStep(operator, other, place)
  if (isInterval && operator === '+') {
    return rising(kind, (value, side) => shifted(operationNode(value, '-', other), side, '5 days'))
  }
  if (isInterval && operator === '-' && place === 'left') {
    return rising(kind, (value, side) => shifted(operationNode(value, '+', other), side, '5 days'))
  }
  // The time from the column to another.
  if (operator !== '-' || place !== 'right') return undefined
  return falling('span', (value, side) => {
    const text = isCastTo(value, 'interval') ? textOf(inside(value, 'TypeCast')?.arg) : textOf(value)
    // Months and years have other lengths in comparisons than on the calendar.
    if (text === undefined || !plainSpan.test(text)) return undefined
    const far = operationNode(castNode(other, kind), '-', castNode(literalNode(text), 'interval'))
    return shifted(far, side === 'lower' ? 'upper' : 'lower', '2 days')
  })
}

/** Spans of no more than a few thousand years, so that times that far away are still times to PostgreSQL. */
const plainSpan =
  /^(?!\s*\d{6}(\.\d+)?\s*w)\s*\d{1,6}(\.\d+)?\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)?\s*$/i

/** The step of dates to which days are added, or which are a number of days apart. */
function dateStep(operator: string, other: Node, place: 'left' | 'right'): Step | undefined {
  const isNumber = inside(other, 'A_Const')?.ival !== undefined
  if (isNumber && operator === '+') return rising('date', (value) => operationNode(value, '-', other))
  if (isNumber && operator === '-' && place === 'left')
    return rising('date', (value) => operationNode(value, '+', other))
  const isToday = inside(other, 'SQLValueFunction')?.op === 'SVFOP_CURRENT_DATE' || isCastTo(other, 'date')
  if (!isToday || operator !== '-' || place !== 'right') return undefined
  return falling('numeric', (value, side) => {
    const atLeast = extremeNode('greatest', [value, numberNode(-1_000_000)])
    const days = extremeNode('least', [atLeast, numberNode(1_000_000)])
    const whole = callNode(side === 'lower' ? 'floor' : 'ceil', days)
    return operationNode(castNode(other, 'date'), '-', castNode(whole, 'int4'))
  })
}

function arithmeticStep({ operator, other, side: place }: Operation): Step | undefined {
  if (!isNumber(other)) return undefined
  const number = asNumeric(other)
  const factor = inside(other, 'A_Const')
  const size = factor?.ival?.ival ?? Number(factor?.fval?.fval)
  switch (operator) {
    case '+':
      return rising('numeric', (value, side) =>
        widerThanSum(operationNode(value, '-', number), side, [value, number]),
      )
    case '-':
      return place === 'left'
        ? rising('numeric', (value, side) =>
            widerThanSum(operationNode(value, '+', number), side, [value, number]),
          )
        : falling('numeric', (value, side) =>
            widerThanSum(operationNode(number, '-', value), side === 'lower' ? 'upper' : 'lower', [
              value,
              number,
            ]),
          )
    case '*':
      if (!(size > 0)) return undefined
      return rising('numeric', (value, side) => wider(operationNode(value, '/', number), side, 1))
    case '/':
      if (!(size > 0) || place !== 'left') return undefined
      // A quotient of integers is cut off.
      return rising('numeric', (value, side) =>
        wider(operationNode(value, '*', number), side, Math.ceil(size)),
      )
    default:
      return undefined
  }
}

/** A number farther out, also by what floating-point numbers lose. */
function wider(value: Node, side: Side, by: number): Node {
  return operationNode(value, side === 'lower' ? '-' : '+', operationNode(lostOf(value), '+', numberNode(by)))
}

/** A sum or difference farther out by what floating-point numbers lose of its parts, which may be far larger. */
function widerThanSum(sum: Node, side: Side, [one, other]: readonly [Node, Node]): Node {
  return operationNode(sum, side === 'lower' ? '-' : '+', operationNode(lostOf(one), '+', lostOf(other)))
}

function lostOf(value: Node): Node {
  return operationNode(callNode('abs', value), '*', numberNode(1e-9))
}

const numberTypes: ReadonlySet<string> = new Set(['int2', 'int4', 'int8', 'numeric', 'float4', 'float8'])

/**
 * Whether a value beside an arithmetic operator is a number by its form. Others may be dates and addresses, to which
 * numbers are added too. (A literal without a type is taken to be of the type on the operator's other side.)
 */
function isNumber(node: Node | undefined): boolean {
  const constant = inside(node, 'A_Const')
  if (constant !== undefined) return constant.boolval === undefined
  const cast = inside(node, 'TypeCast')
  if (cast !== undefined) return numberTypes.has(typeNameOf(cast) ?? '')
  const call = inside(node, 'FuncCall')
  if (call !== undefined) return ['extract', 'date_part'].includes(stringsOf(call.funcname)?.at(-1) ?? '')
  const { kind, name, lexpr, rexpr } = inside(node, 'A_Expr') ?? {}
  const isArithmetic = kind === 'AEXPR_OP' && ['+', '-', '*', '/'].includes(stringsOf(name)?.at(-1) ?? '')
  return isArithmetic && (lexpr === undefined || isNumber(lexpr)) && isNumber(rexpr)
}

/** A time, farther out by an interval. */
export function shifted(value: Node, side: Side, by: string): Node {
  return operationNode(value, side === 'lower' ? '-' : '+', castNode(literalNode(by), 'interval'))
}

function isCastTo(node: Node, type: string): boolean {
  const cast = inside(node, 'TypeCast')
  return cast !== undefined && typeNameOf(cast) === type
}

function textOf(node: Node | undefined): string | undefined {
  const text = inside(node, 'A_Const')?.sval
  return text === undefined ? undefined : (text.sval ?? '')
}
