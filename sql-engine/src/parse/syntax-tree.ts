/** Syntax trees of PostgreSQL's own grammar, and the few ways of going through them. */
import type { Node } from 'libpg-query'

export type { Node }

type KeyOfUnion<Union> = Union extends Union ? keyof Union : never
/** The name of a kind of node, such as `RangeVar`. */
export type NodeTag = KeyOfUnion<Node>
/** What stands inside a node of a kind. */
export type Inside<Tag extends NodeTag> = Extract<Node, { [key in Tag]: unknown }>[Tag]

/** The inside of a node if it is of this kind. */
export function inside<Tag extends NodeTag>(node: Node | undefined, tag: Tag): Inside<Tag> | undefined {
  // A node is an object with one key, the name of its kind.
  return (node as Partial<Record<Tag, Inside<Tag>>> | undefined)?.[tag]
}

/** Texts of a list of String nodes; undefined when another kind of node is among them. */
export function stringsOf(nodes: readonly Node[] | undefined): readonly string[] | undefined {
  const strings: string[] = []
  for (const node of nodes ?? []) {
    const string = inside(node, 'String')
    if (string === undefined) return undefined
    strings.push(string.sval ?? '')
  }
  return strings
}

/**
 * Goes through a tree, parents before children. The visitor is given every object that is not an array:
 * nodes, the insides of nodes, and parts that the grammar keeps without a wrapper.
 * @param visit returns false to leave out what is beneath
 */
export function walk(value: unknown, visit: (object: Record<string, unknown>) => boolean | undefined): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit)
  } else if (isObject(value) && visit(value) !== false) {
    for (const key in value) {
      const child = value[key]
      if (typeof child === 'object') walk(child, visit)
    }
  }
}

/** The insides of all nodes of a kind, wherever they stand. */
export function findAll<Tag extends NodeTag>(value: unknown, tag: Tag): readonly Inside<Tag>[] {
  const found: Inside<Tag>[] = []
  walk(value, (object) => {
    const node = object[tag]
    if (isObject(node)) found.push(node as Inside<Tag>)
    return undefined
  })
  return found
}

/** The EXECUTE in a statement, if it is one, explains one, or makes a table of one. */
export function executeOf(statement: Node): Inside<'ExecuteStmt'> | undefined {
  const held = inside(statement, 'ExplainStmt')?.query ?? inside(statement, 'CreateTableAsStmt')?.query
  if (held !== undefined) return executeOf(held)
  return inside(statement, 'ExecuteStmt')
}

/** All relations, also those that the grammar keeps without a node around: targets of INSERT and the like. */
export function relationsOf(value: unknown): readonly Inside<'RangeVar'>[] {
  const found: Inside<'RangeVar'>[] = []
  walk(value, (object) => {
    if (typeof object.relname === 'string' && 'relpersistence' in object) {
      found.push(object as Inside<'RangeVar'>)
    }
    return undefined
  })
  return found
}

/**
 * Whether two trees are the same except for where they stand in their texts, and for how types of PostgreSQL's own
 * are spelt: `numeric` is read as `pg_catalog.numeric`, `text` as `text`.
 */
export function sameTree(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => sameTree(item, right[index]))
  }
  if (!isObject(left) || !isObject(right) || Array.isArray(left) || Array.isArray(right)) return false
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (isLocation(key)) continue
    const isType = key === 'names' && 'typemod' in left
    const same = isType ? sameType(left[key], right[key]) : sameTree(left[key], right[key])
    if (!same) return false
  }
  return true
}

function sameType(left: unknown, right: unknown): boolean {
  const [leftName, rightName] = [left, right].map((names) => {
    const strings = Array.isArray(names) ? stringsOf(names) : undefined
    return (strings?.[0] === 'pg_catalog' ? strings.slice(1) : strings)?.join('.')
  })
  return leftName !== undefined && leftName === rightName
}

/** Whether a part of a tree says where something stands in its text. */
export function isLocation(key: string): boolean {
  return (
    key.endsWith('location') || key.endsWith('list_start') || key.endsWith('list_end') || key === 'stmt_len'
  )
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Whether a node is part of a tree, by identity. */
export function isWithin(node: unknown, tree: unknown): boolean {
  if (node === tree) return true
  if (Array.isArray(tree)) return tree.some((item) => isWithin(node, item))
  return isObject(tree) && Object.values(tree).some((child) => isWithin(node, child))
}

/** A star without a table's name. */
export function isBareStar(reference: Inside<'ColumnRef'>): boolean {
  const [field] = reference.fields ?? []
  return reference.fields?.length === 1 && field !== undefined && inside(field, 'A_Star') !== undefined
}
