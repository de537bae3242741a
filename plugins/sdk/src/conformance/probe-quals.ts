/** Conditions to ask a key for: each of its operators, with values that its rows have. */
import type { Column, ColumnType } from '../column.js'
import type { Operator, Qual, QualValue } from '../qual.js'
import { canonicalValue, qualValueOf } from './column-values.js'
import { compare, escapeExpression } from './judge.js'

/** How many different values of a column are asked for. */
const mostValues = 3

/** Some of the values of a column: the least, the greatest and those between, as a query would name them. */
export function probeValues(values: readonly unknown[], type: ColumnType): QualValue[] {
  const distinct = new Map<unknown, QualValue>()
  for (const value of values) {
    const named = qualValueOf(value, type)
    if (named !== undefined) distinct.set(canonicalValue(value, type), named)
  }
  const sorted = [...distinct]
    .sort(([one], [other]) => compare(one, other, type) ?? 0)
    .map(([, named]) => named)
  if (sorted.length <= mostValues) return sorted
  const last = sorted.length - 1
  return [0, Math.floor(last / 2), last].flatMap((index) => sorted[index] ?? [])
}

/** Conditions with an operator. */
export function qualsOf(
  operator: Operator,
  values: readonly QualValue[],
  { type }: Column,
): Qual<QualValue>[] {
  const [first] = values
  switch (operator) {
    case 'is null':
    case 'is not null':
      return [{ operator }]
    case '=': {
      const single = values.map((value): Qual<QualValue> => ({ operator, values: [value] }))
      return first === undefined || values.length === 1
        ? single
        : [...single, { operator, values: [first, ...values.slice(1)] }]
    }
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return values.map((value) => ({ operator, value }))
    default:
      if (type !== 'text') return []
      return values.flatMap((value) =>
        patternsOf(operator, String(value)).map((pattern) => ({ operator, value: pattern })),
      )
  }
}

function patternsOf(operator: Operator, text: string): string[] {
  const asked = operator.endsWith('*') && /^[ -~]*$/.test(text) ? text.toUpperCase() : text
  const characters = [...asked]
  const half = Math.ceil(characters.length / 2)
  const head = characters.slice(0, half).join('')
  const tail = characters.slice(half).join('')
  if (operator.includes('~~')) {
    const like = (part: string) => part.replace(/[\\%_]/g, '\\$&')
    return [
      like(asked),
      `${like(head)}%`,
      `%${like(tail)}`,
      ...(characters.length > 1 ? [`_${like(characters.slice(1).join(''))}`] : []),
    ]
  }
  const [head1, tail1, all] = [head, tail, asked].map(escapeExpression)
  return [`^${all}$`, `^${head1}`, `${tail1}$`, `${head1}`]
}
