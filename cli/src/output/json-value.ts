/** Values in JSON, digit by digit as PostgreSQL prints them. */
import { types } from 'pg'
import { parse as parseArray } from 'postgres-array'
import { elementTypes } from './array-types.js'
import type { Value } from './column.js'

const { builtins } = types

type Conversion = (text: string) => string

/** Numbers keep all their digits; what JSON has no numbers for (NaN, Infinity) is text. */
const number: Conversion = (text) => (/^-?\d/.test(text) ? text : JSON.stringify(text))

/** JSON of the type json may stand on several lines; within its strings there are no line ends. */
const json: Conversion = (text) => text.replace(/[\r\n]+/g, ' ')

/** ISO 8601, as PostgreSQL's own to_json has it. Other settings of DateStyle stay as they are. */
const time: Conversion = (text) =>
  JSON.stringify(
    text.replace(
      /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d)?(:\d\d(?::\d\d)?)?/,
      (_all, date, clock, hours, minutes) =>
        hours === undefined ? `${date}T${clock}` : `${date}T${clock}${hours}${minutes ?? ':00'}`,
    ),
  )

const conversions: ReadonlyMap<number, Conversion> = new Map([
  ...[builtins.INT2, builtins.INT4, builtins.INT8, builtins.OID].map((type) => [type, number] as const),
  ...[builtins.FLOAT4, builtins.FLOAT8, builtins.NUMERIC].map((type) => [type, number] as const),
  [builtins.BOOL, (text: string) => String(text.startsWith('t'))],
  [builtins.JSON, json],
  [builtins.JSONB, json],
  [builtins.TIMESTAMP, time],
  [builtins.TIMESTAMPTZ, time],
])

/** @param type OID of the value's type; values of types that JSON has nothing for are text */
export function jsonValue(value: Value, type: number): string {
  if (value === null) return 'null'
  const element = elementTypes.get(type)
  if (element === undefined) return (conversions.get(type) ?? JSON.stringify)(value)
  return jsonArray(
    parseArray(value, (text) => jsonValue(text, element)),
    (converted) => converted,
  )
}

/** Elements are JSON already; arrays in arrays are not. */
function jsonArray(array: readonly unknown[], element: (converted: string) => string): string {
  const parts = array.map((each) => {
    if (Array.isArray(each)) return jsonArray(each, element)
    return typeof each === 'string' ? element(each) : 'null'
  })
  return `[${parts.join(',')}]`
}
