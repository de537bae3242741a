/** Which names an expression can see, and what they stand for. */
import { type Inside, inside, stringsOf } from '../parse/syntax-tree.js'
import type { BoundColumn, Cte, FromItem, OutputColumn } from './binding.js'

/** A column that JOIN … USING has made of several. */
export interface MergedColumn {
  readonly name: string
  readonly fromItems: ReadonlySet<FromItem>
  /** The column that always has its value; undefined for a full join. */
  readonly value: BoundColumn | undefined
  /** The columns that are compared; undefined where they are not certain. */
  readonly sides: readonly BoundColumn[] | undefined
}

/** A FROM clause, or a part of one. */
export interface FromPart {
  readonly fromItems: readonly FromItem[]
  readonly merged: readonly MergedColumn[]
  /** FROM items that the alias of a join has hidden. */
  readonly hidden: readonly FromItem[]
  /** What `*` gives, in order; undefined where that is not certain. */
  readonly star: readonly OutputColumn[] | undefined
}

export const emptyFrom: FromPart = { fromItems: [], merged: [], hidden: [], star: [] }

/** The column of a name, which the FROM item has, or may have. */
export function columnOfFromItem(fromItem: FromItem, column: string): BoundColumn {
  return { fromItem, column, index: fromItem.columns?.positionOf(column) }
}

/** What a FROM item's star gives; undefined when its columns are not known. */
export function starOf(fromItem: FromItem): readonly OutputColumn[] | undefined {
  if (fromItem.kind === 'opaque' && fromItem.joined !== undefined) {
    return fromItem.joined.map((output, index) => ({
      ...output,
      name: fromItem.columns?.names[index] ?? output.name,
    }))
  }
  return fromItem.columns?.names.map((name, index) => {
    const column = { fromItem, column: name, index }
    return { name, column, reads: [column] }
  })
}

/** All FROM items, also those that cannot be named. */
export function allFromItems({ fromItems, hidden }: FromPart): readonly FromItem[] {
  return [...fromItems, ...hidden]
}

/** The names of one query level. */
export interface Scope extends FromPart {
  readonly outer: Scope | undefined
}

/** Names of common table expressions, inner ones first. */
export interface CteScope {
  readonly ctes: ReadonlyMap<string, Cte>
  readonly outer: CteScope | undefined
}

export function findCte(name: string, scope: CteScope | undefined): Cte | undefined {
  for (let level = scope; level !== undefined; level = level.outer) {
    const cte = level.ctes.get(name)
    if (cte !== undefined) return cte
  }
  return undefined
}

/** Resolves a reference as PostgreSQL does; undefined when there is any doubt. */
export function resolveColumn(reference: Inside<'ColumnRef'>, scope: Scope): BoundColumn | undefined {
  const fields = stringsOf(reference.fields)
  if (fields === undefined) return undefined
  const [first, second, third] = fields
  if (first === undefined) return undefined
  if (second === undefined) return resolveUnqualified(first, scope)
  if (third === undefined) return resolveQualified((fromItem) => fromItem.name === first, second, scope)
  if (fields.length > 3) return undefined
  return resolveQualified((fromItem) => isNamed(fromItem, first, second), third, scope)
}

function resolveUnqualified(name: string, scope: Scope): BoundColumn | undefined {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer) {
    if (level.fromItems.some(({ columns }) => columns === undefined)) return undefined
    const found = columnAt(name, level)
    if (found !== 'none') return found === 'ambiguous' ? undefined : found
    // A FROM item's name stands for its whole row, which for a function of one value is that value.
    const [row, ...others] = level.fromItems.filter((fromItem) => fromItem.name === name)
    if (row !== undefined) return others.length > 0 ? undefined : onlyValue(row)
  }
  return undefined
}

function onlyValue(fromItem: FromItem): BoundColumn | undefined {
  const function_ = inside(fromItem.node, 'RangeFunction')
  const [column, ...others] = fromItem.columns?.names ?? []
  const isOne = function_ !== undefined && function_.ordinality !== true && others.length === 0
  return isOne && column !== undefined ? columnOfFromItem(fromItem, column) : undefined
}

/** Resolves an unqualified name at one level; every FROM item's columns must be known. */
export function columnAt(name: string, level: FromPart): BoundColumn | 'none' | 'ambiguous' {
  const holders = level.fromItems.filter(({ columns }) => columns?.has(name))
  const [only] = holders
  if (only === undefined) return 'none'
  if (holders.length === 1) return columnOfFromItem(only, name)
  const merged = level.merged.findLast(
    (candidate) => candidate.name === name && holders.every((fromItem) => candidate.fromItems.has(fromItem)),
  )
  return merged?.value ?? 'ambiguous'
}

function resolveQualified(
  isMeant: (fromItem: FromItem) => boolean,
  column: string,
  scope: Scope,
): BoundColumn | undefined {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer) {
    const named = level.fromItems.filter(isMeant)
    const [fromItem] = named
    if (fromItem === undefined) continue
    if (named.length > 1) return undefined
    // A FROM item whose columns are not known is named all the same.
    return fromItem.columns?.has(column) === false ? undefined : columnOfFromItem(fromItem, column)
  }
  return undefined
}

function isNamed(fromItem: FromItem, schema: string, name: string): boolean {
  if (fromItem.aliased || fromItem.name !== name) return false
  if (fromItem.kind === 'virtual') return fromItem.table.schema === schema
  return fromItem.kind === 'relation' && inside(fromItem.node, 'RangeVar')?.schemaname === schema
}
