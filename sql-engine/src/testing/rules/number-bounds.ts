/** Conditions on what is made of numbers, beside constants that sit on what is made of the rows' values. */

import { compared } from './compared.js'
import type { RuleParts } from './rule-parts.js'

interface Form {
  readonly text: (column: string) => string
  readonly of: (value: number) => number
}

const whole: readonly [Form, ...Form[]] = [
  { text: (column) => `${column} / 2`, of: (value) => Math.trunc(value / 2) },
  { text: (column) => `${column} / 3`, of: (value) => Math.trunc(value / 3) },
  { text: (column) => `${column} / 4 + 1`, of: (value) => Math.trunc(value / 4) + 1 },
  { text: (column) => `${column} + 1`, of: (value) => value + 1 },
  { text: (column) => `10 - ${column}`, of: (value) => 10 - value },
  { text: (column) => `${column} * -2`, of: (value) => value * -2 },
  { text: (column) => `floor(${column} / 2.0)`, of: (value) => Math.floor(value / 2) },
  { text: (column) => `10 - ${column} / 2`, of: (value) => 10 - Math.trunc(value / 2) },
  { text: (column) => `10 - floor(${column} / 2.0)`, of: (value) => 10 - Math.floor(value / 2) },
  { text: (column) => `round(${column} / 3.0)`, of: (value) => Math.round(value / 3) },
  { text: (column) => `${column} * 3`, of: (value) => value * 3 },
  { text: (column) => `-1 * ${column}`, of: (value) => -value },
  { text: (column) => `${column} - 2`, of: (value) => value - 2 },
  { text: (column) => `${column}::numeric`, of: (value) => value },
]

const fractional: readonly [Form, ...Form[]] = [
  { text: (column) => `floor(${column})`, of: Math.floor },
  { text: (column) => `round(${column})`, of: Math.round },
  { text: (column) => `10 - ${column}`, of: (value) => 10 - value },
  { text: (column) => `10 - floor(${column})`, of: (value) => 10 - Math.floor(value) },
  { text: (column) => `ceil(${column})`, of: Math.ceil },
  { text: (column) => `trunc(${column}) - 1`, of: (value) => Math.trunc(value) - 1 },
  { text: (column) => `${column} * -1`, of: (value) => -value },
  { text: (column) => `5 - round(${column})`, of: (value) => 5 - Math.round(value) },
  { text: (column) => `${column} / 2`, of: (value) => value / 2 },
  { text: (column) => `1 - ${column} * 2`, of: (value) => 1 - value * 2 },
  { text: (column) => `${column} + 1`, of: (value) => value + 1 },
  { text: (column) => `floor(${column} / 0.5)`, of: (value) => Math.floor(value / 0.5) },
]

const wholeValues = [2, 1, 3, 0, -1, 4] as const
const fractionalValues = [2.5, 2, 2.49, 1, 1.99, 2.51, -0.5] as const

/** Numbers that JavaScript has no exact value for are of no use here. */
const digits = 1000

/** Conditions on a number, so many of several forms. */
export function numberBounds(
  parts: RuleParts,
  column: string,
  isWhole: boolean,
  count: number,
): readonly string[] {
  const forms = isWhole ? whole : fractional
  return parts.someOf(
    count,
    forms.map((form) => () => numberBound(parts, column, isWhole, form)),
  )
}

function numberBound(parts: RuleParts, column: string, isWhole: boolean, form: Form): string {
  const constant = () => {
    const value = isWhole ? parts.pick(...wholeValues) : parts.pick(...fractionalValues)
    const made = Math.round(form.of(value) * digits) / digits + parts.pick(0, 0, 0, 1, -1)
    return parts.pick(String(made), String(made), `'${made}'`, `${made}::numeric`)
  }
  return compared(parts, form.text(column), constant)
}
