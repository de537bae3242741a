/**
 * What is known to hold wherever the value of a subquery in an expression matters, by what stands around it:
 * `CASE WHEN x THEN (SELECT …) END`, `COALESCE(x, (SELECT …))`, `x AND EXISTS (SELECT …)`. PostgreSQL does not evaluate
 * such a subquery for other rows.
 */
import type { Block } from '../bind/binding.js'
import { type Inside, inside, isObject, type Node } from '../parse/syntax-tree.js'

/** Finds the guards of a query's place in the query around it; none where it stands in FROM, or by itself. */
export function guardsOf({ statement, parent }: Block): readonly Node[] {
  return (parent && guardsWithin(parent.statement, statement)) ?? []
}

/** @returns undefined where the query is not in this part of a tree */
function guardsWithin(tree: unknown, query: object): readonly Node[] | undefined {
  if (tree === query) return []
  if (Array.isArray(tree))
    return firstOf(
      tree.map((item) => ({ part: item, guards: [] })),
      query,
    )
  if (!isObject(tree)) return undefined
  const parts = partsOf(tree as unknown as Node)
  return firstOf(parts ?? Object.values(tree).map((part) => ({ part, guards: [] })), query)
}

/** A part of an expression, and what holds wherever its value matters. */
interface Part {
  readonly part: unknown
  readonly guards: readonly Node[]
}

function firstOf(parts: readonly Part[], query: object): readonly Node[] | undefined {
  for (const { part, guards } of parts) {
    const within = guardsWithin(part, query)
    if (within !== undefined) return [...guards, ...within]
  }
  return undefined
}

/** @returns undefined for expressions that evaluate all of their parts */
function partsOf(node: Node): readonly Part[] | undefined {
  const { boolop, args = [] } = inside(node, 'BoolExpr') ?? {}
  if (boolop === 'AND_EXPR') return afterOthers(args, isNotFalse)
  if (boolop === 'OR_EXPR') return afterOthers(args, isNotTrue)
  const coalesced = inside(node, 'CoalesceExpr')?.args
  if (coalesced !== undefined) return afterOthers(coalesced, isNull)
  const choice = inside(node, 'CaseExpr')
  // What CASE compares with one value after the other is no condition by itself.
  return choice === undefined || choice.arg !== undefined ? undefined : partsOfCase(choice)
}

function partsOfCase({ args = [], defresult }: Inside<'CaseExpr'>): readonly Part[] {
  const whens = args.flatMap((arm) => inside(arm, 'CaseWhen') ?? [])
  const failed = whens.map(({ expr }) => (expr === undefined ? [] : [isNotTrue(expr)]))
  const arms = whens.flatMap(({ expr, result }, index): readonly Part[] => {
    const guards = failed.slice(0, index).flat()
    const chosen = expr === undefined ? [] : [expr]
    return [
      { part: expr, guards },
      { part: result, guards: [...guards, ...chosen] },
    ]
  })
  return [...arms, { part: defresult, guards: failed.flat() }]
}

/** Parts each of which matters only if all those before it have come to nothing. */
function afterOthers(args: readonly Node[], goesOn: (arg: Node) => Node): readonly Part[] {
  return args.map((part, index) => ({ part, guards: args.slice(0, index).map(goesOn) }))
}

function isNotFalse(arg: Node): Node {
  return { CoalesceExpr: { args: [arg, { A_Const: { boolval: { boolval: true } } }] } }
}

function isNotTrue(arg: Node): Node {
  const isTrue: Node = { CoalesceExpr: { args: [arg, { A_Const: { boolval: {} } }] } }
  return { BoolExpr: { boolop: 'NOT_EXPR', args: [isTrue] } }
}

function isNull(arg: Node): Node {
  return { NullTest: { arg, nulltesttype: 'IS_NULL' } }
}
