/** What came of a statement on both sides. */
import type { Outcome } from '@millrace/sql-engine/testing/property-harness'

export interface OutcomeKind {
  readonly name: string
  readonly isSame: boolean
  /** Allowed, but worth a look. */
  readonly isOdd?: boolean
}

/** By PostgreSQL's names: query_canceled, and fdw_dynamic_parameter_value_needed. */
export const queryCanceled = '57014'
export const keyMissing = 'HV002'

/** Data exceptions: what values are to blame for, such as a division by zero. */
const dataException = /^22/

/** Names of the engine's own, which no client may be told. */
const internalName = /millrace_(?!test)\w+|\bs_[0-9a-f]{4,}/

export function outcomeKind({
  virtual,
  expected,
}: {
  readonly virtual: Outcome
  readonly expected: Outcome
}): OutcomeKind {
  if (internalName.test(virtual.message ?? '')) return { name: 'a name of the engine is told', isSame: false }
  if ([virtual.sqlState, expected.sqlState].includes(queryCanceled)) return { name: 'too slow', isSame: true }
  if (virtual.sqlState === keyMissing) return { name: 'key missing', isSame: true }
  if (expected.sqlState !== undefined && virtual.sqlState !== undefined) {
    if (virtual.sqlState === expected.sqlState && virtual.message === expected.message) {
      return { name: 'same error', isSame: true }
    }
    // Of several things that are wrong with a statement, each server may come upon another first.
    const name = `error ${virtual.sqlState} instead of ${expected.sqlState}`
    return { name, isSame: true, isOdd: true }
  }
  if (!isSameOutcome(virtual, expected)) return { name: 'another answer', isSame: false }
  return { name: expected.rows?.length === 0 ? 'no rows' : 'same rows', isSame: true }
}

/** Whether only the ordinary tables have rows that a statement fails for. */
export function isSpared(virtual: Outcome, expected: Outcome): boolean {
  return virtual.rows !== undefined && dataException.test(expected.sqlState ?? '')
}

export function isSameOutcome(one: Outcome, other: Outcome): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
