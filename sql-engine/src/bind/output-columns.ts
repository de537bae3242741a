/** The columns that a query gives, and what an alias makes of them. */
import { type Inside, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import type { BoundColumn, OutputColumn } from './binding.js'
import { ColumnNames } from './column-names.js'
import { outputName } from './output-name.js'
import { type FromPart, starOf } from './scope.js'

/** Column names under an alias that renames the first of them; undefined where a name is not known. */
export function aliasedColumns(
  names: readonly (string | undefined)[] | undefined,
  aliases: readonly Node[] | undefined,
): ColumnNames | undefined {
  if (names === undefined) return undefined
  const renamed = stringsOf(aliases)
  if (renamed === undefined) return undefined
  const columns: string[] = []
  for (const name of [...renamed, ...names.slice(renamed.length)]) {
    if (name === undefined) return undefined
    columns.push(name)
  }
  return new ColumnNames(columns)
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
      output.push({ name: target?.name ?? outputName(expression), column, reads: expression })
    }
  }
  return output
}

/** VALUES calls its columns column1, column2 and so on. */
export function outputOfValues(lists: readonly Node[]): readonly OutputColumn[] | undefined {
  const [first] = lists
  const items = first && inside(first, 'List')?.items
  return items?.map((_, index) => ({ name: `column${index + 1}`, column: undefined, reads: [] }))
}

/** `*` and `fromItem.*`, where no column is unknown. */
function columnsOfStar(
  qualifier: readonly string[] | undefined,
  from: FromPart,
): readonly OutputColumn[] | undefined {
  const [name, ...schema] = qualifier?.toReversed() ?? []
  if (name === undefined) return from.star
  if (schema.length > 0) return undefined
  const [fromItem, ...others] = from.fromItems.filter((one) => one.name === name)
  return fromItem === undefined || others.length > 0 ? undefined : starOf(fromItem)
}

/** A name of GROUP BY, ORDER BY or DISTINCT ON that means an output column, not one of a FROM item. */
export function outputReference(
  node: Node,
  names: ReadonlySet<string | undefined>,
): Inside<'ColumnRef'> | undefined {
  const reference = inside(inside(node, 'SortBy')?.node ?? node, 'ColumnRef')
  const fields = stringsOf(reference?.fields)
  return fields?.length === 1 && names.has(fields[0]) ? reference : undefined
}
