/** Statements that say less than one does: a condition of it is replaced by TRUE or FALSE. */
import { faithfulText } from '../parse/faithful-text.js'
import { parseText } from '../parse/parser.js'
import { inside, isObject, type Node } from '../parse/syntax-tree.js'

/** Nodes and the places in them where conditions stand. */
const placesOfConditions: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['SelectStmt', ['whereClause', 'havingClause']],
  ['JoinExpr', ['quals']],
  ['BoolExpr', ['args']],
  ['BooleanTest', ['arg']],
  ['FuncCall', ['agg_filter']],
  ['CaseWhen', ['expr']],
])

/** The way to a condition in a statement's tree. */
export type ConditionPath = readonly (string | number)[]

/** A statement of which conditions can be replaced, one after the other. */
export class PlainerStatement {
  readonly text: string
  readonly #tree: Node

  private constructor(text: string, tree: Node) {
    this.text = text
    this.#tree = tree
  }

  /** @returns undefined for what is not one statement */
  static of(text: string): PlainerStatement | undefined {
    const [statement, ...others] = parseText(text) ?? []
    return statement === undefined || others.length > 0
      ? undefined
      : new PlainerStatement(text, statement.node)
  }

  /** Ways to its conditions; outer ones come before those within them. */
  conditions(): readonly ConditionPath[] {
    return pathsOfConditions(this.#tree)
  }

  /** @returns undefined for what cannot be written faithfully */
  with(path: ConditionPath, truth: boolean): PlainerStatement | undefined {
    const tree = replaced(this.#tree, path, truthNode(truth)) as Node
    const text = faithfulText(tree)
    return text === undefined ? undefined : new PlainerStatement(text, tree)
  }
}

function truthNode(truth: boolean): Node {
  return { A_Const: { boolval: truth ? { boolval: true } : {} } }
}

function pathsOfConditions(tree: unknown, path: ConditionPath = []): readonly ConditionPath[] {
  if (Array.isArray(tree)) return tree.flatMap((item, index) => pathsOfConditions(item, [...path, index]))
  if (!isObject(tree)) return []
  const places = placesOfConditions.get(path.at(-1)) ?? []
  return Object.entries(tree).flatMap(([key, child]) => {
    const own = places.includes(key) ? conditionsIn(child, [...path, key]) : []
    return [...own, ...pathsOfConditions(child, [...path, key])]
  })
}

function conditionsIn(child: unknown, path: ConditionPath): readonly ConditionPath[] {
  if (Array.isArray(child)) return child.flatMap((item, index) => conditionsIn(item, [...path, index]))
  const isKnown = isObject(child) && inside(child as unknown as Node, 'A_Const') !== undefined
  return isKnown ? [] : [path]
}

function replaced(tree: unknown, [first, ...rest]: ConditionPath, by: Node): unknown {
  if (first === undefined) return by
  if (Array.isArray(tree))
    return tree.map((item, index) => (index === first ? replaced(item, rest, by) : item))
  return isObject(tree) ? { ...tree, [first]: replaced(tree[first], rest, by) } : tree
}
