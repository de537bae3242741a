/** Places in a result: where its rows are, and how many at each. */
import type { CatalogTable, Column, Row } from '../../protocol/messages.js'
import { isAddress, isNumber, isText, looksLikeAddress, numberIn } from '../result/column-kinds.js'
import { identifier } from '../run/shape.js'

/** The columns that say where a row is. */
export interface PlaceColumns {
  readonly latitude: number
  readonly longitude: number
  /** What a place is called; the first of them that has a value. */
  readonly names: readonly number[]
}

export interface Place {
  readonly latitude: number
  readonly longitude: number
  /** As PostgreSQL printed them. */
  readonly texts: readonly [latitude: string, longitude: string]
  readonly name: string
  readonly rows: number
}

const latitudes = /^(?:.*_)?(?:latitude|lat)$/i
const longitudes = /^(?:.*_)?(?:longitude|long|lon|lng)$/i
const placeNames = [
  /^(?:.*_)?(?:city|town|place)$/i,
  /^(?:.*_)?(?:region_name|region)$/i,
  /^(?:.*_)?country(?:_name)?$/i,
]

/** @returns undefined where the result has no such columns */
export function placeColumns(columns: readonly Column[]): PlaceColumns | undefined {
  const find = (pattern: RegExp) =>
    columns.findIndex((column) => pattern.test(column.name) && isNumber(column))
  const [latitude, longitude] = [find(latitudes), find(longitudes)]
  if (latitude < 0 || longitude < 0) return undefined
  const names = placeNames
    .map((pattern) => columns.findIndex(({ name }) => pattern.test(name)))
    .filter((index) => index >= 0)
  return { latitude, longitude, names }
}

export function placesIn(rows: readonly Row[], columns: PlaceColumns): readonly Place[] {
  const { latitude, longitude, names } = columns
  const places = new Map<string, Place>()
  for (const row of rows) {
    const [north, east] = [numberIn(row, latitude), numberIn(row, longitude)]
    if (north === undefined || east === undefined || Math.abs(north) > 90 || Math.abs(east) > 180) continue
    const texts = [row[latitude] ?? '', row[longitude] ?? ''] as const
    const key = texts.join(' ')
    const known = places.get(key)
    if (known !== undefined) places.set(key, { ...known, rows: known.rows + 1 })
    else {
      const name = names.map((index) => row[index]).find((value) => value !== null && value !== '')
      places.set(key, { latitude: north, longitude: east, texts, name: name ?? texts.join(', '), rows: 1 })
    }
  }
  return [...places.values()].sort((one, other) => other.rows - one.rows)
}

/** How an address gets its place: by a table that needs it, and knows latitude and longitude. */
export interface Locator {
  readonly table: string
  /** The column that takes the address. */
  readonly key: string
  readonly latitude: string
  readonly longitude: string
  readonly names: readonly string[]
  readonly address: AddressColumn
}

/** A result's column of addresses. */
export interface AddressColumn {
  readonly name: string
  /** Whether its values are texts, of which some may be no addresses. */
  readonly isText: boolean
}

/** Rows that are looked at for addresses in texts. */
export const mostLookedAt = 1_000

/** The first column of addresses; without one, that of texts with the most addresses among the first rows. */
function addressColumn(columns: readonly Column[], rows: readonly Row[]): AddressColumn | undefined {
  const typed = columns.find(isAddress)
  if (typed !== undefined) return { name: typed.name, isText: false }
  const sample = rows.slice(0, mostLookedAt)
  const counts = columns.map((column, index) =>
    isText(column) ? sample.filter((row) => looksLikeAddress(row[index] ?? '')).length : 0,
  )
  const most = Math.max(0, ...counts)
  const found = most === 0 ? undefined : columns[counts.indexOf(most)]
  return found === undefined ? undefined : { name: found.name, isText: true }
}

/**
 * @param rows the first ones, to see which texts are addresses
 * @returns undefined where no column has addresses, or no table knows where they are
 */
export function locatorFor(
  columns: readonly Column[],
  rows: readonly Row[],
  tables: readonly CatalogTable[],
): Locator | undefined {
  const address = addressColumn(columns, rows)
  if (address === undefined) return undefined
  for (const { connection, name, columns: known } of tables) {
    const key = known.find((column) => isAddress(column) && column.operators?.includes('=') === true)
    const latitude = known.find((column) => latitudes.test(column.name) && isNumber(column))
    const longitude = known.find((column) => longitudes.test(column.name) && isNumber(column))
    if (key === undefined || latitude === undefined || longitude === undefined) continue
    return {
      table: `${identifier(connection)}.${identifier(name)}`,
      key: key.name,
      latitude: latitude.name,
      longitude: longitude.name,
      names: placeNames.flatMap((pattern) => known.find((column) => pattern.test(column.name))?.name ?? []),
      address,
    }
  }
  return undefined
}

/** The addresses of a result with their places. */
export function locatingSql(sql: string, locator: Locator): string {
  const { table, key, latitude, longitude, names, address } = locator
  const wanted = [latitude, longitude, ...names].map((name) => `place.${identifier(name)}`)
  const given = `result.${identifier(address.name)}`
  return [
    'select',
    `  ${[given, ...wanted].join(', ')}`,
    'from (',
    sql,
    ') as result',
    `join ${table} as place on place.${identifier(key)} = ${address.isText ? `try_inet(${given})` : given}`,
  ].join('\n')
}
