/**
 * Conditions on findings as criteria of ListFindings.
 *
 * A criterion takes at most 50 values, without wildcards, and whole numbers for bounds (ListFindings, FindingCriteria; the
 * page "Filtering findings"). Whether case matters in it is not documented, so that a type that is excluded (`<>`) stays
 * with PostgreSQL: otherwise another spelling of it could be excluded, too.
 */
import type { Condition, FindingCriteria } from '@aws-sdk/client-guardduty'
import type { Key, Qual } from '@millrace/plugin-sdk'

const boundKey = { operators: ['=', '>', '>=', '<', '<='], inherent: true } as const satisfies Key

export const criteriaKeys = {
  id: { operators: ['=', '<>'], inherent: true },
  type: { operators: ['='], inherent: true },
  severity: boundKey,
  updated_at: boundKey,
} as const satisfies Record<string, Key>

interface CriteriaQuals {
  readonly id?: readonly Qual<string>[] | undefined
  readonly type?: readonly Qual<string>[] | undefined
  readonly severity?: readonly Qual<number>[] | undefined
  /** In microseconds. */
  readonly updated_at?: readonly Qual<bigint>[] | undefined
}

const mostValues = 50
const findingId = /^[0-9a-f]{32}$/
const findingType = /^[A-Z]\w*:[A-Z]\w*\/[\w.!-]+$/

/** @returns undefined where there is nothing to ask for */
export function criteriaOf(quals: CriteriaQuals): FindingCriteria | undefined {
  const criteria: Record<string, Condition> = {
    id: textCondition(quals.id, findingId),
    type: textCondition(quals.type, findingType),
    severity: boundsOf(quals.severity, (severity) => severity),
    updatedAt: boundsOf(quals.updated_at, (microseconds) => Number(microseconds) / 1000, 1),
  }
  const asked = Object.entries(criteria).filter(([, condition]) => Object.keys(condition).length > 0)
  return asked.length === 0 ? undefined : { Criterion: Object.fromEntries(asked) }
}

function textCondition(quals: readonly Qual<string>[] = [], form: RegExp): Condition {
  const equals = quals.flatMap((qual) => (qual.operator === '=' ? [...qual.values] : []))
  const excluded = quals.flatMap((qual) => (qual.operator === '<>' ? [qual.value] : []))
  const canSay = (values: readonly string[]) =>
    values.length > 0 && values.length <= mostValues && values.every((value) => form.test(value))
  if (canSay(equals)) return { Equals: equals }
  return canSay(excluded) ? { NotEquals: excluded } : {}
}

/**
 * Bounds as whole numbers, rounded outwards; of several values, all that lies between them.
 * @param margin by which what is shown may be less exact than what is compared
 */
function boundsOf<Value extends number | bigint>(
  quals: readonly Qual<Value>[] = [],
  numberOf: (value: Value) => number,
  margin = 0,
): Condition {
  let [least, most] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (const qual of quals) {
    if (qual.operator === '=') {
      const values = qual.values.map(numberOf)
      least = Math.max(least, Math.min(...values))
      most = Math.min(most, Math.max(...values))
    } else if (qual.operator === '>' || qual.operator === '>=') least = Math.max(least, numberOf(qual.value))
    else if (qual.operator === '<' || qual.operator === '<=') most = Math.min(most, numberOf(qual.value))
  }
  const [from, to] = [Math.floor(least) - margin, Math.ceil(most) + margin]
  return {
    ...(Number.isSafeInteger(from) ? { GreaterThanOrEqual: from } : {}),
    ...(Number.isSafeInteger(to) ? { LessThanOrEqual: to } : {}),
  }
}
