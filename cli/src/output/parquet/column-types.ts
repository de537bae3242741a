/** What PostgreSQL's types are in Parquet: https://github.com/apache/parquet-format/blob/master/LogicalTypes.md */
import type { ParquetWriter } from 'hyparquet-writer'
import { types } from 'pg'
import { parse as parseArray } from 'postgres-array'
import { UserError } from '../../user-error.js'
import { elementTypes } from '../array-types.js'
import type { Value } from '../column.js'
import { clockMicrosecondsOf, daysOf, timeMicrosecondsOf } from './times.js'

const { builtins } = types

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number]

/** @returns undefined for a text that Parquet's type has no value for */
type Conversion = (text: string) => unknown

interface ParquetType {
  readonly element: Omit<SchemaElement, 'name'>
  readonly convert: Conversion
}

const string: ParquetType = {
  element: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  convert: (text) => text,
}

const integer: ParquetType = { element: { type: 'INT32' }, convert: Number }
const long: ParquetType = { element: { type: 'INT64' }, convert: BigInt }

/**
 * All others are text, as PostgreSQL prints them: `numeric` has as many digits as its value takes, where Parquet's decimals
 * have as many as their column; and readers differ in what they make of Parquet's JSON.
 */
const parquetTypes: ReadonlyMap<number, ParquetType> = new Map<number, ParquetType>([
  [builtins.BOOL, { element: { type: 'BOOLEAN' }, convert: (text) => text.startsWith('t') }],
  [builtins.INT2, integer],
  [builtins.INT4, integer],
  [builtins.INT8, long],
  [builtins.OID, long],
  [builtins.FLOAT4, { element: { type: 'FLOAT' }, convert: Number }],
  [builtins.FLOAT8, { element: { type: 'DOUBLE' }, convert: Number }],
  [
    builtins.TIMESTAMPTZ,
    {
      element: {
        type: 'INT64',
        converted_type: 'TIMESTAMP_MICROS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
      },
      convert: timeMicrosecondsOf,
    },
  ],
  [
    builtins.TIMESTAMP,
    {
      element: {
        type: 'INT64',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' },
      },
      convert: timeMicrosecondsOf,
    },
  ],
  [
    builtins.DATE,
    { element: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } }, convert: daysOf },
  ],
  [
    builtins.TIME,
    {
      element: { type: 'INT64', logical_type: { type: 'TIME', isAdjustedToUTC: false, unit: 'MICROS' } },
      convert: clockMicrosecondsOf,
    },
  ],
  [
    builtins.UUID,
    {
      element: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } },
      convert: (text) => text,
    },
  ],
  [builtins.BYTEA, { element: { type: 'BYTE_ARRAY' }, convert: bytesOf }],
])

/** The column of one result column. */
export interface ParquetColumn {
  /** It, and what is in it, as the schema lists them. */
  readonly elements: readonly SchemaElement[]
  /** @throws UserError for a value that the type does not have */
  convert(value: Value): unknown
}

/** @param type OID of PostgreSQL's type */
export function parquetColumn(name: string, type: number): ParquetColumn {
  const elementType = elementTypes.get(type)
  const parquetType = parquetTypes.get(elementType ?? type) ?? string
  const convertOne = (text: string): unknown => {
    const converted = parquetType.convert(text)
    if (converted === undefined) throw notThere(name, text)
    return converted
  }
  if (elementType === undefined) {
    return {
      elements: [{ name, repetition_type: 'OPTIONAL', ...parquetType.element }],
      convert: (value) => (value === null ? null : convertOne(value)),
    }
  }
  return {
    elements: [
      {
        name,
        repetition_type: 'OPTIONAL',
        converted_type: 'LIST',
        logical_type: { type: 'LIST' },
        num_children: 1,
      },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', repetition_type: 'OPTIONAL', ...parquetType.element },
    ],
    convert: (value) => {
      if (value === null) return null
      const list: readonly unknown[] = parseArray(value, (text) => ({ converted: convertOne(text) }))
      return list.map((each) => {
        if (Array.isArray(each)) throw notThere(name, value)
        return each === null ? null : Object(each).converted
      })
    },
  }
}

function notThere(name: string, text: string): UserError {
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text
  return new UserError(
    `the column "${name}" has ${JSON.stringify(shown)}, which its type in Parquet cannot hold: cast it to text (${name}::text), or export CSV or JSON`,
    1,
  )
}

/** As bytea_output = hex prints them. */
function bytesOf(text: string): Uint8Array | undefined {
  return text.startsWith('\\x') ? Buffer.from(text.slice(2), 'hex') : undefined
}
