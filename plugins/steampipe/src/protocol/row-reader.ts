/** Reads rows as they come from Execute: of each, only the columns that are wanted. */
import type { BinaryReader } from '@bufbuild/protobuf/wire'
import type { ColumnType, Row, RowValues } from '@millrace/plugin-sdk'
import { endOfInner, readerOf } from './message-reader.js'
import { readJson, readNetwork, readTime } from './row-values.js'

/** Called with the name of a column when it holds a value that PostgreSQL does not take, and is NULL instead. */
export type OnRefused = (column: string, value: string) => void

/** A message of Execute. */
export interface ReadRow {
  /** Undefined where the message has none. */
  readonly row: Row | undefined
  /** How many rows the plugin says that it has fetched so far. */
  readonly rowsFetched: number
  /** How many calls of its hydrate functions it says that it has made so far. */
  readonly hydrateCalls: number
}

type Value = RowValues[ColumnType] | null

export class RowReader {
  /** The wanted columns, by name. */
  readonly #types: ReadonlyMap<string, ColumnType>
  readonly #onRefused: OnRefused

  constructor(types: ReadonlyMap<string, ColumnType>, onRefused: OnRefused) {
    this.#types = types
    this.#onRefused = onRefused
  }

  /** @throws {Error} where the bytes are not such a message */
  read(message: Buffer): ReadRow {
    const reader = readerOf(message)
    let row: Row | undefined
    let rowsFetched = 0
    let hydrateCalls = 0
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag === rowTag) row = this.#row(message, reader)
      else if (tag === metadataTag) {
        const end = endOfInner(reader)
        while (reader.pos < end) {
          const inner = reader.uint32()
          if (inner === hydrateCallsTag) hydrateCalls = Number(reader.int64())
          else if (inner === rowsFetchedTag) rowsFetched = Number(reader.int64())
          else reader.skip(inner & 7, inner >>> 3)
        }
      } else reader.skip(tag & 7, tag >>> 3)
    }
    return { row, rowsFetched, hydrateCalls }
  }

  #row(message: Buffer, reader: BinaryReader): Row {
    const row: Record<string, Value> = {}
    const end = endOfInner(reader)
    while (reader.pos < end) {
      const tag = reader.uint32()
      if (tag === entryTag) this.#column(row, message, reader)
      else reader.skip(tag & 7, tag >>> 3)
    }
    return row as Row
  }

  /** An entry of the map of columns. The value comes after the name, as Go writes maps, but need not. */
  #column(row: Record<string, Value>, message: Buffer, reader: BinaryReader): void {
    const end = endOfInner(reader)
    let name = ''
    let valueStart = -1
    while (reader.pos < end) {
      const tag = reader.uint32()
      const start = reader.pos
      if (tag === keyTag) {
        const keyEnd = endOfInner(reader)
        name = message.toString('utf8', reader.pos, keyEnd)
        reader.pos = keyEnd
      } else {
        if (tag === valueTag) valueStart = start
        reader.skip(tag & 7, tag >>> 3)
      }
    }
    const type = this.#types.get(name)
    if (type === undefined || valueStart === -1) return
    reader.pos = valueStart
    row[name] = this.#value(name, type, message, reader)
    reader.pos = end
  }

  #value(name: string, type: ColumnType, message: Buffer, reader: BinaryReader): Value {
    const end = endOfInner(reader)
    let value: Value = null
    while (reader.pos < end) {
      const tag = reader.uint32()
      const field = tag >>> 3
      switch (field) {
        case 3:
          value = reader.double()
          break
        case 4:
          value = asSmall(reader.int64())
          break
        case 6:
          value = reader.bool()
          break
        case 8:
          value = this.#known(name, readTime(reader, endOfInner(reader)), 'a time of no year from 1 to 9999')
          break
        case 5:
        case 7:
        case 9:
        case 10:
        case 11: {
          const textEnd = endOfInner(reader)
          const text = message.toString('utf8', reader.pos, textEnd)
          reader.pos = textEnd
          value = this.#text(name, type, text)
          break
        }
        default:
          reader.skip(tag & 7, field)
      }
    }
    return value
  }

  #text(name: string, type: ColumnType, text: string): Value {
    if (type === 'text') return text
    if (text === '') return null
    return this.#known(name, type === 'jsonb' ? readJson(text) : readNetwork(type, text), text)
  }

  #known<Known extends Value>(name: string, value: Known | undefined, text: string): Known | null {
    if (value === undefined) this.#onRefused(name, text)
    return value ?? null
  }
}

const lengthDelimited = 2
const tagOf = (field: number, wireType: number) => (field << 3) | wireType
const rowTag = tagOf(1, lengthDelimited)
const metadataTag = tagOf(2, lengthDelimited)
const hydrateCallsTag = tagOf(1, 0)
const rowsFetchedTag = tagOf(2, 0)
const entryTag = tagOf(1, lengthDelimited)
const keyTag = tagOf(1, lengthDelimited)
const valueTag = tagOf(2, lengthDelimited)

function asSmall(value: bigint | string): number | bigint {
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : BigInt(value)
}
