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

const texts = /^(?:text|character varying|character)(?:\(|$)/

export function isText({ type }: Pick<Column, 'type'>): boolean {
  return texts.test(type)
}

const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/
const ipv6 = /^(?=.*::|(?:[^:]*:){7}[^:]*$)[0-9a-f:]+(?:\.\d{1,3}){0,3}$/i

/** Whether a text may be an IP address; PostgreSQL has the last word. */
export function looksLikeAddress(text: string): boolean {
  return ipv4.test(text) || ipv6.test(text)
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
