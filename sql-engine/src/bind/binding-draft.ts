/** What is known of a statement's names while it is being bound. */
import { type Inside, inside, type Node } from '../parse/syntax-tree.js'
import type {
  Binding,
  Block,
  BoundColumn,
  Condition,
  Cte,
  Leaf,
  OuterSide,
  OutputColumn,
  Position,
  VirtualLeaf,
} from './binding.js'

import type { ColumnNames } from './column-names.js'

const noSides: ReadonlySet<OuterSide> = new Set()

export class BindingDraft {
  readonly virtualLeaves: VirtualLeaf[] = []
  readonly blocks: Block[] = []
  readonly ctes: Cte[] = []
  readonly columns = new Map<object, BoundColumn>()
  readonly cteReferences = new Map<object, Cte>()
  readonly virtualReferences = new Map<object, VirtualLeaf>()
  readonly outputReferences = new Set<object>()
  readonly tableOids = new Map<Inside<'ColumnRef'>, VirtualLeaf>()
  readonly uncertainJoins = new Set<Inside<'JoinExpr'>>()
  readonly #blockOfStatement = new Map<object, Block>()

  finished(): Binding {
    return {
      virtualLeaves: this.virtualLeaves,
      blocks: this.blocks,
      ctes: this.ctes,
      columnOf: (reference) => this.columns.get(reference),
      isOutputReference: (reference) => this.outputReferences.has(reference),
      cteOf: (rangeVar) => this.cteReferences.get(rangeVar),
      virtualOf: (rangeVar) => this.virtualReferences.get(rangeVar),
      isCertainJoin: (join) => !this.uncertainJoins.has(join),
      tableOids: this.tableOids,
      blockOf: (select) => this.#blockOfStatement.get(select),
    }
  }

  newBlock(statement: object, parent: Block | undefined): Block {
    const block: Block = { parent, statement, leaves: [], conditions: [], children: [], output: undefined }
    parent?.children.push(block)
    this.blocks.push(block)
    this.#blockOfStatement.set(statement, block)
    return block
  }

  addLeaf<Kind extends Leaf>(leaf: Kind): Kind {
    leaf.block.leaves.push(leaf)
    return leaf
  }

  opaqueLeaf(
    node: Node,
    block: Block,
    name: string,
    columns?: ColumnNames,
    joined?: readonly OutputColumn[],
  ): Leaf {
    const base = { name, aliased: true, columns, node, block, nullable: noSides }
    return this.addLeaf({ ...base, kind: 'opaque', joined })
  }

  /** A column of a join under an alias is a column of what is joined, if it is of one table there. */
  bindColumn(reference: object, column: BoundColumn): void {
    const { leaf, index } = column
    const joined = leaf.kind === 'opaque' && index !== undefined ? leaf.joined?.[index]?.column : undefined
    this.columns.set(reference, joined ?? column)
  }

  /** A reference to a column that the statement itself does not spell. */
  referenceTo(column: BoundColumn): Node {
    const fields: Node[] = [{ String: { sval: column.leaf.name } }, { String: { sval: column.column } }]
    const reference = { fields }
    this.bindColumn(reference, column)
    return { ColumnRef: reference }
  }

  /** Adds the parts of an AND one by one. @param leaves those that the condition can see */
  addConditions(
    expression: Node | undefined,
    position: Position,
    block: Block,
    leaves: readonly Leaf[],
  ): void {
    if (expression === undefined) return
    const and = inside(expression, 'BoolExpr')
    if (and?.boolop === 'AND_EXPR') {
      for (const argument of and.args ?? []) this.addConditions(argument, position, block, leaves)
      return
    }
    const nullable = new Set(leaves.filter((leaf) => leaf.nullable.size > 0))
    const condition: Condition = { expression, position, block, nullable }
    block.conditions.push(condition)
  }
}
