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
  Position,
  VirtualLeaf,
} from './binding.js'

import { columnAt, type FromPart } from './scope.js'

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
  /** What is joined under an alias, by the alias' leaf. */
  readonly hiddenParts = new Map<Leaf, FromPart>()
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

  opaqueLeaf(node: Node, block: Block, name: string, columns?: ReadonlySet<string>): Leaf {
    return this.addLeaf({ kind: 'opaque', name, aliased: true, columns, node, block, nullable: noSides })
  }

  /** A column of a join under an alias is a column of what is joined, if that is certain. */
  bindColumn(reference: object, column: BoundColumn): void {
    this.columns.set(reference, this.#beneathAliases(column))
  }

  #beneathAliases(column: BoundColumn): BoundColumn {
    const part = this.hiddenParts.get(column.leaf)
    if (part === undefined || part.leaves.some(({ columns }) => columns === undefined)) return column
    const beneath = columnAt(column.column, part)
    return typeof beneath === 'string' ? column : this.#beneathAliases(beneath)
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
