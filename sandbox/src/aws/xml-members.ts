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

/** Tags as EC2 shows them; absent where there are none. */
export function tagSet(
  tags: Readonly<Record<string, string>> | undefined,
): { readonly key: string; readonly value: string }[] | undefined {
  const set = Object.entries(tags ?? {}).map(([key, value]) => ({ key, value }))
  return set.length > 0 ? set : undefined
}
