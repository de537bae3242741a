import { Deparser } from 'pgsql-deparser'
import { parseText } from './parser.js'
import { type Node, sameTree } from './syntax-tree.js'

/** The package's deparser omits the brackets in `(ARRAY[…])[1]` (18.3.8); this one writes them. */
class FaithfulDeparser extends Deparser {
  override A_Indirection(...[node, context]: Parameters<Deparser['A_Indirection']>): string {
    const text = super.A_Indirection(node, context)
    const { arg } = node
    const needsBrackets = arg !== undefined && bracketedTags.some((tag) => tag in arg)
    const within = needsBrackets ? this.visit(arg, context) : ''
    return needsBrackets && text.startsWith(within) ? `(${within})${text.slice(within.length)}` : text
  }
}

const bracketedTags = ['A_ArrayExpr', 'CaseExpr', 'CoalesceExpr', 'MinMaxExpr']

/** The text of a tree, checked: parsed again, it gives the same tree. Undefined if it does not. */
export function faithfulText(node: Node): string | undefined {
  const text = new FaithfulDeparser(node).deparseQuery()
  const [statement] = parseText(text) ?? []
  return sameTree(statement?.node, node) ? text : undefined
}
