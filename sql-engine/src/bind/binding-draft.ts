/** What is known of a statement's names while it is being bound. */
import { type Inside, inside, type Node } from '../parse/syntax-tree.js'
import type {
  Binding,
  Block,
  BoundColumn,
  Clause,
  Condition,
  Cte,
  FromItem,
  OuterSide,
  OutputColumn,
  TableReference,
} from './binding.js'

import type { ColumnNames } from './column-names.js'

const noSides: ReadonlySet<OuterSide> = new Set()

export class BindingDraft {
  readonly tableReferences: TableReference[] = []
  readonly blocks: Block[] = []
  readonly ctes: Cte[] = []
  readonly columns = new Map<object, BoundColumn>()
  readonly cteReferences = new Map<object, Cte>()
  readonly virtualReferences = new Map<object, TableReference>()
  readonly outputReferences = new Set<object>()
  readonly tableOids = new Map<Inside<'ColumnRef'>, TableReference>()
  readonly uncertainJoins = new Set<Inside<'JoinExpr'>>()
  readonly #blockOfStatement = new Map<object, Block>()

  finished(): Binding {
    return {
      tableReferences: this.tableReferences,
      blocks: this.blocks,
      ctes: this.ctes,
      columnOf: (reference) => this.columns.get(reference),
      isOutputReference: (reference) => this.outputReferences.has(reference),
      cteOf: (rangeVar) => this.cteReferences.get(rangeVar),
      virtualOf: (rangeVar) => this.virtualReferences.get(rangeVar),
      isCertainJoin: (join) => !this.uncertainJoins.has(join),
      tableOids: this.tableOids,
      blockOf: (select) => this.blockOf(select),
    }
  }

  blockOf(select: object): Block | undefined {
    return this.#blockOfStatement.get(select)
  }

  newBlock(statement: object, parent: Block | undefined): Block {
    const block: Block = { parent, statement, fromItems: [], conditions: [], children: [], output: undefined }
    parent?.children.push(block)
    this.blocks.push(block)
    this.#blockOfStatement.set(statement, block)
    return block
  }

  addFromItem<Kind extends FromItem>(fromItem: Kind): Kind {
    fromItem.block.fromItems.push(fromItem)
    return fromItem
  }

  opaqueItem(
    node: Node,
    block: Block,
    name: string,
    columns?: ColumnNames,
    joined?: readonly OutputColumn[],
  ): FromItem {
    const base = { name, aliased: true, columns, node, block, nullable: noSides }
    return this.addFromItem({ ...base, kind: 'opaque', joined })
  }

  /** A column of a join under an alias is a column of what is joined, if one table there has it. */
  bindColumn(reference: object, column: BoundColumn): void {
    const { fromItem, index } = column
    const joined =
      fromItem.kind === 'opaque' && index !== undefined ? fromItem.joined?.[index]?.column : undefined
    this.columns.set(reference, joined ?? column)
  }

  /** A reference to a column that the statement itself does not spell out. */
  referenceTo(column: BoundColumn): Node {
    const fields: Node[] = [{ String: { sval: column.fromItem.name } }, { String: { sval: column.column } }]
    const reference = { fields }
    this.bindColumn(reference, column)
    return { ColumnRef: reference }
  }

  /** Adds the parts of an AND one by one. @param fromItems those that the condition can see */
  addConditions(
    expression: Node | undefined,
    clause: Clause,
    block: Block,
    fromItems: readonly FromItem[],
  ): void {
    if (expression === undefined) return
    const and = inside(expression, 'BoolExpr')
    if (and?.boolop === 'AND_EXPR') {
      for (const argument of and.args ?? []) this.addConditions(argument, clause, block, fromItems)
      return
    }
    const nullable = new Set(fromItems.filter((fromItem) => fromItem.nullable.size > 0))
    const condition: Condition = { expression, clause, block, nullable }
    block.conditions.push(condition)
  }
}
