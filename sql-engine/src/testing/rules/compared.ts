import type { RuleParts } from './rule-parts.js'

/** A comparison that bounds an expression, either side round, or by several values. */
export function compared(parts: RuleParts, expression: string, constant: () => string): string {
  return parts.oneOf(
    () => `${expression} = ${constant()}`,
    () => `${expression} <= ${constant()}`,
    () => `${expression} >= ${constant()}`,
    () => `${expression} < ${constant()}`,
    () => `${expression} > ${constant()}`,
    () => `${expression} in (${constant()}, ${constant()})`,
    () => `${expression} in (${constant()}, ${constant()}, ${constant()})`,
    () => `${expression} between symmetric ${constant()} and ${constant()}`,
    () => `${constant()} ${parts.pick('<=', '>=', '<', '>')} ${expression}`,
    () => `not (${expression} ${parts.pick('<', '>', '<>')} ${constant()})`,
  )
}
