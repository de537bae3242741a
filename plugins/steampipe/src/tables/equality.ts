/** Whether a row's value equals a condition's, as PostgreSQL will decide it; true where that is not certain. */
import type { ColumnType, QualValue } from '@millrace/plugin-sdk'
import { bytesOf } from '../protocol/row-values.js'

/**
 * Makes the test of a row's value for one of several values of a condition.
 * @returns true for values of which PostgreSQL has to decide
 */
export function equalityTest(type: ColumnType, values: readonly QualValue[]): (value: unknown) => boolean {
  const wanted = new Set(values.map((value) => comparable(type, value)))
  if (wanted.has(undefined)) return () => true
  return (value) => {
    if (value === null || value === undefined) return false
    const own = comparable(type, value)
    return own === undefined || wanted.has(own)
  }
}

/** Equal texts for equal values. */
function comparable(type: ColumnType, value: unknown): string | undefined {
  switch (type) {
    case 'text':
      // What the row will hold: PostgreSQL takes no NUL.
      return String(value).replaceAll('\0', '\ufffd')
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'double precision':
      return String(Number(value) + 0)
    case 'timestamp with time zone':
      return typeof value === 'bigint' ? String(value) : microseconds(String(value))
    case 'inet':
    case 'cidr':
      return network(String(value))
    case 'jsonb':
      return canonicalJson(String(value))
    default:
      return undefined
  }
}

/** @param time as rows have it: ISO 8601 in UTC, with up to six digits after the second */
function microseconds(time: string): string | undefined {
  const [, seconds, digits = ''] = /^([^.]+?)(?:\.(\d+))?Z$/.exec(time) ?? []
  if (seconds === undefined) return undefined
  return String(BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(digits.padEnd(6, '0')))
}

function network(text: string): string | undefined {
  const [address = '', length] = text.split('/')
  try {
    const bytes = bytesOf(address)
    return `${bytes.join('.')}/${length ?? 8 * bytes.length}`
  } catch {
    return undefined
  }
}

/** Numbers go through floating point: some that differ are taken for equal. */
function canonicalJson(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text), (_, value: unknown) =>
      value instanceof Object && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
        : value,
    )
  } catch {
    return undefined
  }
}
