/** Members of an answer as XML. */
import { escapeXml } from './wire.js'

/** What an answer can hold; undefined members are left out. */
export type XmlValue =
  | string
  | number
  | boolean
  | Date
  | undefined
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue }

/**
 * @param item the element of each item of a list: `member` in the query protocol, `item` in that of EC2
 */
export function xmlMembers(members: { readonly [name: string]: XmlValue }, item: 'member' | 'item'): string {
  return Object.entries(members)
    .map(([name, value]) => (value === undefined ? '' : `<${name}>${xmlText(value, item)}</${name}>`))
    .join('')
}

function xmlText(value: Exclude<XmlValue, undefined>, item: 'member' | 'item'): string {
  if (isList(value)) {
    return value
      .map((each) => (each === undefined ? '' : `<${item}>${xmlText(each, item)}</${item}>`))
      .join('')
  }
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' ? xmlMembers(value, item) : escapeXml(String(value))
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value)
}
