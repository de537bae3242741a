/** Rows that are compared column by column. */
import { inside, type Node } from '../parse/syntax-tree.js'

/** What a row is made of, one by one; undefined where a star in it stands for several. */
export function rowItems(row: Node | undefined): readonly Node[] | undefined {
  const items = inside(row, 'RowExpr')?.args
  const hasStar = items?.some((item) => {
    const last =
      inside(item, 'ColumnRef')?.fields?.at(-1) ?? inside(item, 'A_Indirection')?.indirection?.at(-1)
    return inside(last, 'A_Star') !== undefined
  })
  return hasStar === true ? undefined : items
}

/** Pairs of `(a, b) = (c, d)`. */
export function rowPairs(left: Node, right: Node): readonly (readonly [Node, Node])[] | undefined {
  const [lefts, rights] = [rowItems(left), rowItems(right)]
  if (lefts === undefined || rights === undefined || lefts.length !== rights.length) return undefined
  return lefts.flatMap((node, index) => {
    const other = rights[index]
    return other === undefined ? [] : [[node, other] as const]
  })
}
