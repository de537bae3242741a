/** A table as the settings describe it. */
import {
  ApiError,
  type Column,
  type Columns,
  columnValue,
  equalValue,
  firstWords,
  isSureToFulfil,
  type Key,
  type Row,
  type Scan,
  type Table,
  toJsonText,
  valueAt,
} from '@millrace/plugin-sdk'
import type { TableSettings } from '../config.js'
import type { ApiClient, JsonAnswer } from '../requests/api-client.js'
import { Pages } from '../requests/pages.js'
import { filledTarget, placeholdersOf } from '../template.js'

export function jsonTable(name: string, settings: TableSettings): Table<ApiClient, Columns> {
  const { path, query, required, description } = settings
  const inPath = placeholdersOf([path])
  const keyNames = placeholdersOf([path, ...Object.values(query)])
  // Without a prototype, since columns may have any name, such as constructor.
  const columns: Record<string, Column> = Object.create(null)
  for (const [column, { type, description: own }] of Object.entries(settings.columns)) {
    const { pointer, of } = settings.columns[column] ?? {}
    const usual =
      keyNames.includes(column) && pointer === undefined
        ? 'What was asked for.'
        : placeText(column, pointer, of)
    columns[column] = { type, description: own ?? usual }
  }
  const keys: Record<string, Key> = Object.create(null)
  for (const key of keyNames) {
    const isRequired = inPath.includes(key) || required.includes(key)
    keys[key] = { operators: ['='], valuesPerCall: 1, require: isRequired ? 'required' : 'optional' }
  }
  const call = `GET ${path}`
  const reader = new JsonTable(settings, columns, keyNames, call)
  return {
    name,
    description: description === '' ? `What ${call} answers.` : description,
    columns,
    keys,
    calls: [{ name: call }],
    list: (scan) => reader.list(scan),
    examples: [],
  }
}

function placeText(column: string, pointer: string | undefined, of: string | undefined): string {
  const place = pointer ?? pointerTo(column)
  return `What stands at ${place === '' ? 'the whole' : place} of ${of === 'answer' ? 'the answer' : 'the row'}.`
}

/** The pointer to a member. */
function pointerTo(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

class JsonTable {
  readonly #settings: TableSettings
  readonly #columns: Columns
  readonly #keys: readonly string[]
  readonly #call: string

  constructor(settings: TableSettings, columns: Columns, keys: readonly string[], call: string) {
    this.#settings = settings
    this.#columns = columns
    this.#keys = keys
    this.#call = call
  }

  async *list(scan: Scan<ApiClient>): AsyncGenerator<readonly Row[]> {
    const { paging, no_rows: noRows } = this.#settings
    const asked: Record<string, Row[string]> = {}
    const values = new Map<string, string>()
    for (const key of this.#keys) {
      const value = equalValue(scan.quals[key])
      if (value === undefined) continue
      asked[key] = value
      values.set(key, String(value))
    }
    const pages = new Pages(scan.connection, paging, {
      path: `${scan.connection.basePath}${filledTarget(this.#settings, values)}`,
    })
    let left = scan.limit ?? Number.POSITIVE_INFINITY
    for (let target = pages.begin(); ; ) {
      const answer = await scan.call(this.#call, (signal) => scan.connection.get(target, noRows, signal))
      if (answer === undefined) return
      const elements = this.#elements(answer)
      const rows = elements.map((element, index) => this.#rowOf(element, index, answer, asked, scan))
      // Rows of other keys are other calls'.
      const own = rows.filter((row) => isSureToFulfil(row, this.#comparable(scan), this.#columns))
      left -= own.length
      const next = pages.after(target, answer, elements)
      yield own
      if (next === undefined || left <= 0) return
      target = next
    }
  }

  /** The conditions on keys whose values the API tells. */
  #comparable(scan: Scan<ApiClient>): Scan<ApiClient>['quals'] {
    const own = Object.entries(scan.quals).filter(
      ([name]) => this.#settings.columns[name]?.pointer !== undefined,
    )
    return Object.fromEntries(own)
  }

  #elements({ json }: JsonAnswer): readonly unknown[] {
    const { rows: pointer } = this.#settings
    const found = pointer === '' ? json : valueAt(json, pointer)
    if (Array.isArray(found)) return found
    if (found === null) return []
    if (found !== undefined) return [found]
    throw new ApiError(`the answer has nothing at ${pointer}, where rows should be`, {
      detail: firstWords(toJsonText(json) ?? ''),
      hint: "Check rows of the table in the connection's settings: a JSON pointer.",
    })
  }

  #rowOf(
    element: unknown,
    index: number,
    { json }: JsonAnswer,
    asked: Readonly<Record<string, Row[string]>>,
    scan: Scan<ApiClient>,
  ): Row {
    const row: Record<string, Row[string]> = {}
    for (const [name, { type, pointer, of }] of Object.entries(this.#settings.columns)) {
      const isKey = this.#keys.includes(name)
      if (isKey && pointer === undefined) {
        row[name] = asked[name] ?? null
        continue
      }
      if (!isKey && !scan.columns.has(name)) continue
      const place = pointer ?? pointerTo(name)
      const whole = of === 'answer' ? json : element
      if (place !== '' && (typeof whole !== 'object' || whole === null)) throw noObject(whole, index)
      const cell = place === '' ? whole : valueAt(whole, place)
      const value = columnValue(cell, type, 'text')
      if (value === undefined) throw misfit({ name, type, place, cell, index })
      row[name] = value
    }
    return row
  }
}

function noObject(element: unknown, index: number): ApiError {
  return new ApiError(
    `row ${index + 1} of the answer is ${element === null ? 'null' : `a ${typeof element}`}, and no object`,
    {
      detail: firstWords(toJsonText(element) ?? 'null'),
      hint: 'Check rows of the table in the settings of the connection. The pointer "" of a column stands for all of a row.',
    },
  )
}

interface Misfit {
  readonly name: string
  readonly type: string
  readonly place: string
  readonly cell: unknown
  readonly index: number
}

function misfit({ name, type, place, cell, index }: Misfit): ApiError {
  return new ApiError(
    `the value at ${place} in row ${index + 1} of the answer is no ${type}, which the column ${name} is`,
    {
      code: 'ValueDoesNotFit',
      detail: firstWords(toJsonText(cell) ?? 'null').slice(0, 100),
      hint: "Give the column another type in the connection's settings.",
    },
  )
}
