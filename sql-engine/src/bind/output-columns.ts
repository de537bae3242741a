/** The columns that a query gives, and what an alias makes of them. */
import { type Inside, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import type { BoundColumn, OutputColumn } from './binding.js'
import { outputName } from './output-name.js'
import type { FromPart } from './scope.js'

/** Column names under an alias that renames the first of them; undefined where names are not certain. */
export function aliasedColumns(
  names: readonly (string | undefined)[] | undefined,
  aliases: readonly Node[] | undefined,
): ReadonlySet<string> | undefined {
  if (names === undefined) return undefined
  const renamed = stringsOf(aliases)
  if (renamed === undefined) return undefined
  const columns = new Set<string>()
  for (const name of [...renamed, ...names.slice(renamed.length)]) {
    if (name === undefined || columns.has(name)) return undefined
    columns.add(name)
  }
  return columns
}

type ColumnOf = (reference: Inside<'ColumnRef'>) => BoundColumn | undefined

/** The columns that a target list gives; undefined when it has a star that is not certain. */
export function outputOf(
  targets: readonly Node[] | undefined,
  from: FromPart,
  columnOf: ColumnOf,
): readonly OutputColumn[] | undefined {
  const output: OutputColumn[] = []
  for (const node of targets ?? []) {
    const target = inside(node, 'ResTarget')
    const expression = target?.val
    if (expression === undefined) return undefined
    const reference = inside(expression, 'ColumnRef')
    const last = reference?.fields?.at(-1)
    if (reference !== undefined && last !== undefined && inside(last, 'A_Star') !== undefined) {
      const columns = columnsOfStar(stringsOf(reference.fields?.slice(0, -1)), from)
      if (columns === undefined) return undefined
      output.push(...columns)
    } else {
      const column = reference === undefined ? undefined : columnOf(reference)
      output.push({ name: target?.name ?? outputName(expression), column })
    }
  }
  return output
}

/** VALUES calls its columns column1, column2 and so on. */
export function outputOfValues(lists: readonly Node[]): readonly OutputColumn[] | undefined {
  const [first] = lists
  const items = first && inside(first, 'List')?.items
  return items?.map((_, index) => ({ name: `column${index + 1}`, column: undefined }))
}

/** `*` and `leaf.*`, where no column is merged or unknown. */
function columnsOfStar(
  qualifier: readonly string[] | undefined,
  from: FromPart,
): readonly OutputColumn[] | undefined {
  if (qualifier === undefined || qualifier.length > 1 || from.merged.length > 0) return undefined
  const [name] = qualifier
  const leaves = name === undefined ? from.leaves : from.leaves.filter((leaf) => leaf.name === name)
  if (leaves.length === 0) return undefined
  const output: OutputColumn[] = []
  for (const leaf of leaves) {
    if (leaf.columns === undefined) return undefined
    for (const column of leaf.columns) output.push({ name: column, column: { leaf, column } })
  }
  return output
}

/** A name of GROUP BY, ORDER BY or DISTINCT ON that means an output column, not one of a leaf. */
export function outputReference(node: Node, names: ReadonlySet<string | undefined>): object | undefined {
  const reference = inside(inside(node, 'SortBy')?.node ?? node, 'ColumnRef')
  const fields = stringsOf(reference?.fields)
  return fields?.length === 1 && names.has(fields[0]) ? reference : undefined
}
