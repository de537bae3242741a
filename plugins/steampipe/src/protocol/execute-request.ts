/** What a plugin is asked for its rows: the message of Execute. */
import { MessageWriter } from './message-writer.js'

/** A value in a condition, by the kind that the plugin's SDK reads it as. */
export type PluginValue =
  | { readonly kind: 'string' | 'json' | 'ltree'; readonly value: string }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'inet'; readonly address: string; readonly bits: number; readonly version: 4 | 6 }
  | { readonly kind: 'timestamp'; readonly microseconds: bigint }

export interface PluginQual {
  readonly column: string
  readonly operator: string
  /** None for tests for NULL. Several ones stand for a list, of which the row has one. */
  readonly values: readonly PluginValue[]
}

export interface ExecuteRequest {
  readonly table: string
  readonly connection: string
  /** Distinguishes this call from all others of the process: lines of its log tell of it. */
  readonly callId: string
  readonly columns: readonly string[]
  readonly quals: readonly PluginQual[]
  readonly limit: number | undefined
}

export function writeExecuteRequest(request: ExecuteRequest): Uint8Array {
  const { table, connection, callId, columns, quals, limit } = request
  return MessageWriter.write((writer) =>
    writer
      .string(1, table)
      .message(2, (context) => {
        for (const column of columns) context.presentString(1, column)
        for (const [column, ofColumn] of byColumn(quals)) {
          context.entry(2, column, (list) => {
            for (const qual of ofColumn) list.message(1, (inner) => writeQual(inner, qual))
          })
        }
      })
      .string(3, connection)
      .string(6, callId)
      // Without the members for the plugin's cache, it is off.
      .entry(8, connection, (data) => {
        if (limit !== undefined) data.message(2, (inner) => inner.int64(1, limit))
      }),
  )
}

function byColumn(quals: readonly PluginQual[]): ReadonlyMap<string, readonly PluginQual[]> {
  const columns = new Map<string, PluginQual[]>()
  for (const qual of quals) columns.set(qual.column, [...(columns.get(qual.column) ?? []), qual])
  return columns
}

function writeQual(writer: MessageWriter, { column, operator, values }: PluginQual): void {
  writer.string(1, column).presentString(2, operator)
  const [first, ...others] = values
  if (first === undefined) return
  writer.message(4, (value) => {
    if (others.length === 0) writeValue(value, first)
    else {
      value.message(8, (list) => {
        for (const one of values) list.message(1, (inner) => writeValue(inner, one))
      })
    }
  })
}

const million = 1_000_000n

function writeValue(writer: MessageWriter, value: PluginValue): void {
  switch (value.kind) {
    case 'string':
      writer.presentString(1, value.value)
      return
    case 'int':
      writer.presentInt64(2, value.value)
      return
    case 'double':
      writer.presentDouble(3, value.value)
      return
    case 'bool':
      writer.presentBool(4, value.value)
      return
    case 'inet': {
      const { address, bits, version } = value
      writer.message(5, (inet) =>
        inet.int64(1, bits).string(2, address).string(3, `${address}/${bits}`).string(4, `IPv${version}`),
      )
      return
    }
    case 'json':
      writer.presentString(6, value.value)
      return
    case 'timestamp': {
      // Nanoseconds count forwards from the second before, also before 1970.
      const rest = ((value.microseconds % million) + million) % million
      writer.message(7, (time) => time.int64(1, (value.microseconds - rest) / million).int64(2, rest * 1000n))
      return
    }
    case 'ltree':
      writer.presentString(9, value.value)
  }
}
