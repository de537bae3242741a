/** Writes a key query as SQL: parts of the statement's syntax tree, put together again. */
import { randomUUID } from 'node:crypto'
import type { ColumnType } from '@millrace/plugin-sdk'
import type { Binding, Cte, FromItem, TableReference } from '../bind/binding.js'
import { internalTypeNames } from '../catalog/internal-type-names.js'
import { faithfulText } from '../parse/faithful-text.js'
import { findAll, inside, isObject, type Node } from '../parse/syntax-tree.js'
import { callNode, castNode, stringNode } from './build-nodes.js'
import type { DependencyFinder } from './dependencies.js'
import type { KeyQuery } from './key-query.js'
import type { ValueSource } from './pushable.js'

/** Where a virtual table's rows are: the name of its scan table, with its schema. */
export type ScanTableName = (fromItem: TableReference) => string

/** A value to ask for, and the type to which PostgreSQL would cast a bare literal there. */
export interface Wanted {
  readonly source: Exclude<ValueSource, { kind: 'boolean' }>
  readonly literalType: ColumnType
  /** Whether to ask for the value cast to that type, whatever it is. */
  readonly cast: boolean
}

/**
 * Stands for a scan table's name until that is known. A statement can contain it neither by chance nor by intent,
 * since each process has another one.
 */
const placeholderPrefix = `s_${randomUUID().replaceAll('-', '').slice(0, 16)}`

/** Writes the key queries of a statement. It does not write the same one twice. */
export class KeyQueryWriter {
  readonly #binding: Binding
  readonly #dependencyFinder: DependencyFinder
  readonly #written = new WeakMap<KeyQuery, Map<string, string | undefined>>()
  readonly #numbers = new WeakMap<Node, number>()
  #lastNumber = 0

  constructor(binding: Binding, dependencyFinder: DependencyFinder) {
    this.#binding = binding
    this.#dependencyFinder = dependencyFinder
  }

  /**
   * A query whose rows hold, for each wanted value, its type's name and the value as JSON.
   * @returns undefined when it cannot be written faithfully
   */
  write(query: KeyQuery, wanted: readonly Wanted[], nameOf: ScanTableName): string | undefined {
    const written = this.#written.get(query) ?? new Map<string, string | undefined>()
    this.#written.set(query, written)
    const key = wanted.map((one) => this.#keyOf(one)).join()
    if (!written.has(key)) written.set(key, this.#write(query, wanted))
    let text = written.get(key)
    for (const [index, fromItem] of this.#binding.tableReferences.entries()) {
      if (query.virtuals.has(fromItem)) text = text?.replaceAll(placeholder(index), nameOf(fromItem))
    }
    return text
  }

  /** A key that is the same for values that are written alike: one query may be asked for other values each time. */
  #keyOf({ source, literalType, cast }: Wanted): string {
    const node = nodeOf(source)
    const number = this.#numbers.get(node) ?? ++this.#lastNumber
    this.#numbers.set(node, number)
    const place = source.kind === 'subquery' ? `${source.index} of ${source.count}` : source.kind
    return [number, place, literalType, cast].join(' ')
  }

  /**
   * A query with a row for each of many values that depend on no row, in their order: the name of its type, and the
   * value as JSON.
   * @returns undefined when it cannot be written faithfully
   */
  writeList(wanted: readonly Wanted[]): string | undefined {
    const copy = new TreeCopy(this.#binding, new Map())
    const valuesLists = wanted.map((one): Node => {
      const value = typedValue(expressionOf(one, copy, '', []), one)
      return { List: { items: [textOf(callNode('pg_typeof', value)), textOf(callNode('to_json', value))] } }
    })
    return faithfulText({
      SelectStmt: { valuesLists, limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' },
    })
  }

  #write(query: KeyQuery, wanted: readonly Wanted[]): string | undefined {
    const aliases = new Map<FromItem, string>()
    for (const fromItem of query.from) {
      // A function's alias may name its column too, so that it must stay.
      const alias = fromItem.kind === 'opaque' ? fromItem.name : `millrace_key_${aliases.size + 1}`
      if ([...aliases.values()].includes(alias)) return undefined
      aliases.set(fromItem, alias)
    }
    const copy = new TreeCopy(this.#binding, aliases)
    const fromClause = query.from.map((fromItem) => copy.fromItem(fromItem))
    const targetList: Node[] = []
    const columns: Node[] = []
    for (const [index, one] of wanted.entries()) {
      const alias = `millrace_value_${index + 1}`
      const value = expressionOf(one, copy, alias, fromClause)
      if (inside(value, 'ColumnRef') !== undefined) columns.push(value)
      const typed = typedValue(value, one)
      targetList.push(
        target(textOf(callNode('pg_typeof', typed))),
        target(textOf(callNode('to_json', typed))),
      )
    }
    const conditions = query.where.map((node) => copy.tree(node))
    const [first, ...others] = hasFullJoin(fromClause)
      ? [...conditions, ...columns.map(isNotNull)]
      : conditions
    const whereClause =
      first === undefined || others.length === 0
        ? first
        : { BoolExpr: { boolop: 'AND_EXPR' as const, args: [first, ...others] } }
    const select: Node = {
      SelectStmt: {
        ...(query.from.length > 0 || fromClause.length > 0 ? { distinctClause: [{} as Node] } : {}),
        targetList,
        ...(fromClause.length > 0 ? { fromClause } : {}),
        ...(whereClause === undefined ? {} : { whereClause }),
        ...this.#withClause(query, wanted, copy),
        limitOption: 'LIMIT_OPTION_DEFAULT',
        op: 'SETOP_NONE',
      },
    }
    return faithfulText(select)
  }

  #withClause(query: KeyQuery, wanted: readonly Wanted[], copy: TreeCopy) {
    const used = new Set<Cte>()
    const nodes = [...query.where, ...wanted.map(({ source }) => nodeOf(source))]
    const dependencyFinder = [
      ...query.from.map((fromItem) => this.#dependencyFinder.ofFromItem(fromItem)),
      ...nodes.map((node) => this.#dependencyFinder.of(node)),
    ]
    for (const dependencies of dependencyFinder) for (const cte of dependencies?.ctes ?? []) used.add(cte)
    const ctes = this.#binding.ctes.filter((cte) => used.has(cte))
    if (ctes.length === 0) return {}
    const recursive = ctes.some((cte) => cte.recursive) ? { recursive: true } : {}
    return { withClause: { ctes: ctes.map((cte) => copy.cte(cte)), ...recursive } }
  }
}

/**
 * Whether a FROM has a FULL JOIN. PostgreSQL runs some of them only because a condition around them makes them LEFT
 * or RIGHT ones: the statement's condition on the value, which a key query lacks. No key is NULL, so this says as
 * much.
 */
function hasFullJoin(fromClause: readonly Node[]): boolean {
  return findAll(fromClause, 'JoinExpr').some(({ jointype }) => jointype === 'JOIN_FULL')
}

function isNotNull(arg: Node): Node {
  return { NullTest: { arg, nulltesttype: 'IS_NOT_NULL' } }
}

function nodeOf(source: Wanted['source']): Node {
  return source.kind === 'subquery' ? source.select : source.node
}

/** The expression for a value; sets of values become a further FROM item. */
function expressionOf(
  { source, literalType }: Wanted,
  copy: TreeCopy,
  alias: string,
  fromClause: Node[],
): Node {
  if (source.kind === 'expression') return copy.tree(source.node)
  const named = { aliasname: alias, colnames: [stringNode(valueName(0))] }
  if (source.kind === 'elements') {
    const array = copy.tree(source.node)
    const typed = isBareLiteral(array) ? castToArray(array, literalType) : array
    const items = [callNode('unnest', typed), {} as Node]
    fromClause.push({ RangeFunction: { lateral: true, functions: [{ List: { items } }], alias: named } })
  } else {
    const colnames = Array.from({ length: source.count }, (_, index) => stringNode(valueName(index)))
    const subquery = copy.tree(source.select)
    fromClause.push({ RangeSubselect: { lateral: true, subquery, alias: { aliasname: alias, colnames } } })
  }
  const index = source.kind === 'subquery' ? source.index : 0
  return { ColumnRef: { fields: [stringNode(alias), stringNode(valueName(index))] } }
}

/** A value with its type, which a bare literal does not have yet. */
function typedValue(value: Node, { literalType, cast }: Wanted): Node {
  return cast || isBareLiteral(value) ? castTo(value, literalType) : value
}

function valueName(index: number): string {
  return `value_${index + 1}`
}

/** The placeholder of a name. The underscore at its end distinguishes the first from the twelfth. */
function placeholder(index: number): string {
  return `${placeholderPrefix}_${index}_`
}

/**
 * Copies trees and replaces names: those of virtual tables by placeholders for scan tables, those of FROM items and
 * CTEs by generated ones.
 */
class TreeCopy {
  readonly #binding: Binding
  readonly #aliases: ReadonlyMap<FromItem, string>

  constructor(binding: Binding, aliases: ReadonlyMap<FromItem, string>) {
    this.#binding = binding
    this.#aliases = aliases
  }

  tree(node: Node): Node {
    return this.#copy(node) as Node
  }

  /** A FROM item under its alias. */
  fromItem(fromItem: FromItem): Node {
    const copied = this.tree(fromItem.node)
    const subselect = inside(copied, 'RangeSubselect')
    // A FROM item of an outer query may now stand beside it.
    if (subselect !== undefined) subselect.lateral = true
    const item =
      inside(copied, 'RangeVar') ?? inside(copied, 'RangeSubselect') ?? inside(copied, 'RangeFunction')
    const aliasname = this.#aliases.get(fromItem)
    if (item === undefined || aliasname === undefined) throw new Error(`${fromItem.name} is no item of FROM`)
    item.alias = { ...item.alias, aliasname }
    return copied
  }

  cte(cte: Cte): Node {
    const { ctequery } = cte.node
    if (ctequery === undefined) throw new Error(`${cte.name} has no query`)
    return { CommonTableExpr: { ...cte.node, ctename: this.#cteName(cte), ctequery: this.tree(ctequery) } }
  }

  /** The generated name of a CTE. CTEs of several levels come together in one WITH. */
  #cteName(cte: Cte): string {
    return `millrace_cte_${this.#binding.ctes.indexOf(cte) + 1}`
  }

  #copy(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#copy(item))
    if (!isObject(value)) return value
    const node = value as unknown as Node
    const rangeVar = inside(node, 'RangeVar')
    if (rangeVar !== undefined) return { RangeVar: this.#copyRangeVar(rangeVar) }
    const expression = inside(node, 'CommonTableExpr')
    const cte = expression && this.#binding.ctes.find((candidate) => candidate.node === expression)
    if (cte !== undefined) return this.cte(cte)
    const reference = inside(node, 'ColumnRef')
    if (reference !== undefined) {
      const bound = this.#binding.columnOf(reference)
      // Names that are not of this FROM stay as they are spelt, but without schemas: tables have aliases now.
      const hasSchema = (reference.fields?.length ?? 0) > 2
      const alias =
        bound && (this.#aliases.get(bound.fromItem) ?? (hasSchema ? bound.fromItem.name : undefined))
      if (bound === undefined || alias === undefined) return { ColumnRef: { ...reference } }
      return { ColumnRef: { fields: [stringNode(alias), stringNode(bound.column)] } }
    }
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, this.#copy(child)]))
  }

  #copyRangeVar(rangeVar: NonNullable<ReturnType<typeof inside<'RangeVar'>>>) {
    const alias = rangeVar.alias ?? { aliasname: rangeVar.relname ?? '' }
    const virtual = this.#binding.virtualOf(rangeVar)
    const cte = this.#binding.cteOf(rangeVar)
    if (virtual !== undefined) {
      const { catalogname: _catalog, ...rest } = rangeVar
      return {
        ...rest,
        schemaname: undefined,
        relname: placeholder(this.#binding.tableReferences.indexOf(virtual)),
        alias: { ...alias },
      }
    }
    if (cte !== undefined) return { ...rangeVar, relname: this.#cteName(cte), alias: { ...alias } }
    return { ...rangeVar }
  }
}

function castTo(arg: Node, type: ColumnType): Node {
  return castNode(arg, internalTypeNames[type])
}

function castToArray(arg: Node, type: ColumnType): Node {
  const arrayBounds: Node[] = [{ Integer: { ival: -1 } }]
  return {
    TypeCast: { arg, typeName: { names: [stringNode(internalTypeNames[type])], typemod: -1, arrayBounds } },
  }
}

function textOf(arg: Node): Node {
  return castTo(arg, 'text')
}

function target(val: Node): Node {
  return { ResTarget: { val } }
}

/** Whether a node is a literal without a type of its own: `'1.2.3.4'`, or NULL. */
function isBareLiteral(node: Node): boolean {
  const collated = inside(node, 'CollateClause')?.arg
  if (collated !== undefined) return isBareLiteral(collated)
  const constant = inside(node, 'A_Const')
  return constant !== undefined && (constant.sval !== undefined || constant.isnull === true)
}
