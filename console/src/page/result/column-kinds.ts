/** What a column's values can be used for. */
import type { Column, Row } from '../../protocol/messages.js'

const numbers = /^(?:smallint|integer|bigint|numeric|real|double precision)(?:\(|$)/
const times = /^(?:timestamp|date)/

export function isNumber({ type }: Pick<Column, 'type'>): boolean {
  return numbers.test(type)
}

export function isTime({ type }: Pick<Column, 'type'>): boolean {
  return times.test(type) && !type.endsWith('[]')
}

export function isJson({ type }: Pick<Column, 'type'>): boolean {
  return type === 'json' || type === 'jsonb'
}

export function isAddress({ type }: Pick<Column, 'type'>): boolean {
  return type === 'inet' || type === 'cidr'
}

export function numberIn(row: Row, column: number): number | undefined {
  const value = row[column]
  if (value === null || value === undefined || value === '') return undefined
  const read = Number(value)
  return Number.isFinite(read) ? read : undefined
}

/** PostgreSQL's ISO style, which Date reads once there is a T, and a whole zone. */
export function timeIn(row: Row, column: number): Date | undefined {
  const value = row[column]
  if (value === null || value === undefined) return undefined
  const text = value.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')
  const time = new Date(/[T]/.test(text) && !/(?:[+-]\d\d:\d\d|Z)$/.test(text) ? `${text}Z` : text)
  return Number.isNaN(time.getTime()) ? undefined : time
}
