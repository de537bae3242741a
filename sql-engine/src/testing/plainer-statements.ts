/** Statements that say less than one does: a condition of it is replaced by TRUE or FALSE. */
import { faithfulText } from '../parse/faithful-text.js'
import { parseText } from '../parse/parser.js'
import { inside, isObject, type Node } from '../parse/syntax-tree.js'

const truths: readonly Node[] = [{ A_Const: { boolval: { boolval: true } } }, { A_Const: { boolval: {} } }]

/** Nodes and the places in them where conditions stand. */
const placesOfConditions: Readonly<Record<string, readonly string[]>> = {
  SelectStmt: ['whereClause', 'havingClause'],
  JoinExpr: ['quals'],
  BoolExpr: ['args'],
  BooleanTest: ['arg'],
  FuncCall: ['agg_filter'],
  CaseWhen: ['expr'],
}

/** @returns none for what cannot be written faithfully; those without whole clauses come first */
export function plainerStatements(text: string): readonly string[] {
  const [statement, ...others] = parseText(text) ?? []
  if (statement === undefined || others.length > 0) return []
  const plainer: string[] = []
  for (const path of pathsOfConditions(statement.node)) {
    for (const truth of truths) {
      const written = faithfulText(replaced(statement.node, path, truth) as Node)
      if (written !== undefined) plainer.push(written)
    }
  }
  return plainer
}

type Path = readonly (string | number)[]

/** Outer ones come before those within them. */
function pathsOfConditions(tree: unknown, path: Path = []): readonly Path[] {
  if (Array.isArray(tree)) return tree.flatMap((item, index) => pathsOfConditions(item, [...path, index]))
  if (!isObject(tree)) return []
  const places = placesOfConditions[String(path.at(-1))] ?? []
  return Object.entries(tree).flatMap(([key, child]) => {
    const own = places.includes(key) ? conditionsIn(child, [...path, key]) : []
    return [...own, ...pathsOfConditions(child, [...path, key])]
  })
}

function conditionsIn(child: unknown, path: Path): readonly Path[] {
  if (Array.isArray(child)) return child.flatMap((item, index) => conditionsIn(item, [...path, index]))
  const isKnown = isObject(child) && inside(child as unknown as Node, 'A_Const') !== undefined
  return isKnown ? [] : [path]
}

function replaced(tree: unknown, [first, ...rest]: Path, by: Node): unknown {
  if (first === undefined) return by
  if (Array.isArray(tree))
    return tree.map((item, index) => (index === first ? replaced(item, rest, by) : item))
  return isObject(tree) ? { ...tree, [first]: replaced(tree[first], rest, by) } : tree
}
