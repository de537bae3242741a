/** Parameters whose values need not be asked for: PostgreSQL would print them as they came. */
import { isAscii } from 'node:buffer'
import { isIPv4 } from 'node:net'
import type { ColumnType } from '@millrace/plugin-sdk'
import type { BoundParameters } from '../statement.js'

/**
 * The text of a parameter's value, as it is asked for in a column of a type.
 * @param number of the parameter, from 1 on
 * @returns undefined for NULL, and for values that PostgreSQL might print otherwise
 */
export function parameterText(
  { types, formats, values }: BoundParameters,
  number: number,
  type: ColumnType,
): string | undefined {
  const value = values[number - 1]
  if (value === undefined || formats[number - 1] !== 0) return undefined
  return readers[`${types[number - 1]} ${type}`]?.(value)
}

type Reader = (value: Uint8Array) => string | undefined

/** Readers of values, by the parameter's type OID and the column's type. */
const readers: Readonly<Record<string, Reader | undefined>> = {
  '25 text': textOf,
  '1043 text': textOf,
  '869 inet': (value) => {
    const text = textOf(value)
    return text !== undefined && isIPv4(text) ? text : undefined
  },
  '20 bigint': integerOf,
  '23 bigint': integerOf,
}

/** The text of a value, if it is ASCII: other characters may be in another encoding. */
function textOf(value: Uint8Array): string | undefined {
  return isAscii(value) ? Buffer.from(value).toString('latin1') : undefined
}

function integerOf(value: Uint8Array): string | undefined {
  const text = textOf(value)
  return text !== undefined && /^(?:0|-?[1-9]\d{0,17})$/.test(text) ? text : undefined
}
