/** Which names an expression can see, and what they stand for. */
import { type Inside, inside, stringsOf } from '../parse/syntax-tree.js'
import type { BoundColumn, Cte, Leaf, OutputColumn } from './binding.js'

/** A column that JOIN … USING has made of several. */
export interface MergedColumn {
  readonly name: string
  readonly leaves: ReadonlySet<Leaf>
  /** The one that has its value always; undefined for a full join. */
  readonly value: BoundColumn | undefined
  /** The columns that are compared; undefined where they are not certain. */
  readonly sides: readonly BoundColumn[] | undefined
}

/** A FROM clause, or a part of one. */
export interface FromPart {
  readonly leaves: readonly Leaf[]
  readonly merged: readonly MergedColumn[]
  /** Leaves that the alias of a join has hidden. */
  readonly hidden: readonly Leaf[]
  /** What `*` gives, in order; undefined where that is not certain. */
  readonly star: readonly OutputColumn[] | undefined
}

export const emptyFrom: FromPart = { leaves: [], merged: [], hidden: [], star: [] }

/** The column of a name, which the leaf has, or may have. */
export function columnOfLeaf(leaf: Leaf, column: string): BoundColumn {
  return { leaf, column, index: leaf.columns?.positionOf(column) }
}

/** What a leaf's star gives; undefined when its columns are not known. */
export function starOf(leaf: Leaf): readonly OutputColumn[] | undefined {
  if (leaf.kind === 'opaque' && leaf.joined !== undefined) {
    return leaf.joined.map((output, index) => ({
      ...output,
      name: leaf.columns?.names[index] ?? output.name,
    }))
  }
  return leaf.columns?.names.map((name, index) => {
    const column = { leaf, column: name, index }
    return { name, column, reads: [column] }
  })
}

/** All leaves, also those that cannot be named. */
export function allLeaves({ leaves, hidden }: FromPart): readonly Leaf[] {
  return [...leaves, ...hidden]
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

/** Resolves a reference as PostgreSQL does; undefined when that is in the least doubtful. */
export function resolveColumn(reference: Inside<'ColumnRef'>, scope: Scope): BoundColumn | undefined {
  const fields = stringsOf(reference.fields)
  if (fields === undefined) return undefined
  const [first, second, third] = fields
  if (first === undefined) return undefined
  if (second === undefined) return resolveUnqualified(first, scope)
  if (third === undefined) return resolveQualified((leaf) => leaf.name === first, second, scope)
  if (fields.length > 3) return undefined
  return resolveQualified((leaf) => isNamed(leaf, first, second), third, scope)
}

function resolveUnqualified(name: string, scope: Scope): BoundColumn | undefined {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer) {
    if (level.leaves.some(({ columns }) => columns === undefined)) return undefined
    const found = columnAt(name, level)
    if (found !== 'none') return found === 'ambiguous' ? undefined : found
    // A leaf's name stands for its whole row, which for a function of one value is that value.
    const [row, ...others] = level.leaves.filter((leaf) => leaf.name === name)
    if (row !== undefined) return others.length > 0 ? undefined : onlyValue(row)
  }
  return undefined
}

function onlyValue(leaf: Leaf): BoundColumn | undefined {
  const function_ = inside(leaf.node, 'RangeFunction')
  const [column, ...others] = leaf.columns?.names ?? []
  const isOne = function_ !== undefined && function_.ordinality !== true && others.length === 0
  return isOne && column !== undefined ? columnOfLeaf(leaf, column) : undefined
}

/** An unqualified name at one level; every leaf's columns must be known. */
export function columnAt(name: string, level: FromPart): BoundColumn | 'none' | 'ambiguous' {
  const holders = level.leaves.filter(({ columns }) => columns?.has(name))
  const [only] = holders
  if (only === undefined) return 'none'
  if (holders.length === 1) return columnOfLeaf(only, name)
  const merged = level.merged.findLast(
    (candidate) => candidate.name === name && holders.every((leaf) => candidate.leaves.has(leaf)),
  )
  return merged?.value ?? 'ambiguous'
}

function resolveQualified(
  isMeant: (leaf: Leaf) => boolean,
  column: string,
  scope: Scope,
): BoundColumn | undefined {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer) {
    const named = level.leaves.filter(isMeant)
    const [leaf] = named
    if (leaf === undefined) continue
    if (named.length > 1) return undefined
    // A leaf whose columns are not known is named all the same.
    return leaf.columns?.has(column) === false ? undefined : columnOfLeaf(leaf, column)
  }
  return undefined
}

function isNamed(leaf: Leaf, schema: string, name: string): boolean {
  if (leaf.aliased || leaf.name !== name) return false
  if (leaf.kind === 'virtual') return leaf.table.schema === schema
  return leaf.kind === 'relation' && inside(leaf.node, 'RangeVar')?.schemaname === schema
}
