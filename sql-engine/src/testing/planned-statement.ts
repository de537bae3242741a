/**
 * Statements planned without PostgreSQL, over a catalog made up here: from the text, by PostgreSQL's own grammar, to
 * what each scan is asked for. Tables of small cases show a rule that way; whether rows are right, only tests over a
 * real PostgreSQL can tell.
 */
import { bigint, boolean, type Columns, inet, type Table, text } from '@millrace/plugin-sdk'
import { bind } from '../bind/binder.js'
import type { Binding, Relation, TableReference } from '../bind/binding.js'
import type { RelationOf } from '../bind/from-binder.js'
import { type CatalogFacts, FunctionTraits } from '../bind/function-traits.js'
import type { VirtualTable } from '../catalog/virtual-table.js'
import { parseText } from '../parse/parser.js'
import type { Node } from '../parse/syntax-tree.js'
import { DependencyFinder } from '../plan/dependencies.js'
import { localConditions } from '../plan/local-conditions.js'
import { neededColumns } from '../plan/needed-columns.js'
import { planScans } from '../plan/plan-scans.js'
import { sharedColumns } from '../plan/shared-columns.js'
import { describeScans, type ScanDescription } from '../report/describe-scans.js'
import { plannedTable } from './planned-table.js'

/** Functions that statements here may call, by what PostgreSQL's catalog says of them; all others are plain ones. */
const facts: CatalogFacts = {
  functions: [
    ...['random', 'clock_timestamp'].map((name) => ({
      name,
      isVolatile: true,
      isAggregate: false,
      isPlain: true,
    })),
    ...['count', 'max', 'min'].map((name) => ({
      name,
      isVolatile: false,
      isAggregate: true,
      isPlain: false,
    })),
    ...['row_number', 'generate_series'].map((name) => ({
      name,
      isVolatile: false,
      isAggregate: false,
      isPlain: false,
    })),
  ].map((one) => ({ ...one, isOwn: true })),
  hasNondeterministicCollations: false,
  hasShadowedOperators: false,
  hasShadowedTypes: false,
  hasWideDigits: false,
}

export const functions = new FunctionTraits(facts)

/** The same in a database whose locale has more digits than ASCII. */
export const functionsWithWideDigits = new FunctionTraits({ ...facts, hasWideDigits: true })

/** What a made-up table is defined by; it never yields a row. */
type Definition = Pick<Table<unknown, Columns>, 'columns' | 'keys' | 'orders'>

const definitions: Readonly<Record<string, Definition>> = {
  /** Cannot be read without an address; one call for each two. */
  place: {
    columns: { ip: inet('Address'), city: text('City') },
    keys: { ip: { operators: ['='], require: 'required', valuesPerCall: 2 } },
  },
  /** All its keys are optional. It counts by bounds of `size`, and can sort by it. */
  thing: {
    columns: {
      name: text('Name'),
      kind: text('Kind'),
      size: bigint('Size'),
      flag: boolean('Flag'),
      note: text('No key'),
    },
    keys: {
      name: { operators: ['='], valuesPerCall: 10 },
      kind: { operators: ['=', '<>', '~~', 'is null', 'is not null'] },
      size: { operators: ['=', '<', '<=', '>', '>='], exact: ['=', '<', '<=', '>', '>='] },
      flag: { operators: ['=', 'is null'] },
    },
    orders: { size: ['asc', 'desc'] },
  },
  /** Rows of several connections. */
  gathered: {
    columns: { name: text('Name'), size: bigint('Size') },
    keys: {},
  },
  /** Takes regular expressions. */
  line: {
    columns: { words: text('Words') },
    keys: { words: { operators: ['~', '!~', '~~'] } },
  },
}

const relations: Readonly<Record<string, Relation>> = {
  /** An ordinary table. */
  address: {
    kind: 'relation',
    columns: [
      { name: 'a', type: 'inet' },
      { name: 'note', type: 'text' },
    ],
    stable: true,
    definition: undefined,
  },
  /** A view over a virtual table, with the definition that PostgreSQL would give. */
  view: {
    kind: 'relation',
    columns: [
      { name: 'name', type: 'text' },
      { name: 'size', type: 'bigint' },
    ],
    stable: false,
    definition: ' SELECT name, size FROM made_up.thing;',
  },
  ...Object.fromEntries(
    Object.entries(definitions).map(([name, definition], index) => [
      name,
      { kind: 'virtual', table: virtualTable(name, definition, index + 1) },
    ]),
  ),
}

/** What names stand for in the made-up catalog, in whichever schema. */
export const relationOf: RelationOf = ({ relname = '' }) => relations[relname]

export interface BoundStatement {
  readonly tree: Node
  readonly binding: Binding
}

export interface PlannedStatement extends BoundStatement {
  /** In the order in which they may start. */
  readonly scans: readonly ScanDescription[]
  /** Columns that each reference to a virtual table has to fill, as `reference: column column`; in FROM's order. */
  readonly columns: readonly string[]
}

/** @throws {Error} where the text is not one statement of PostgreSQL's SQL */
export function parsedStatement(statement: string): Node {
  const [parsed, ...others] = parseText(statement) ?? []
  if (parsed === undefined || others.length > 0) throw new Error(`not one statement: ${statement}`)
  return parsed.node
}

export function boundStatement(statement: string): BoundStatement {
  const tree = parsedStatement(statement)
  return { tree, binding: bind(tree, relationOf, { hasShadowedTypes: false }) }
}

/** @throws {DatabaseError} HV002 where a table cannot be asked for want of a key */
/** @param known what the catalog says */
export function plannedStatement(statement: string, known = functions): PlannedStatement {
  const { tree, binding } = boundStatement(statement)
  const dependencyFinder = new DependencyFinder(binding, known)
  const needed = neededColumns(tree, binding, known)
  const scans = planScans(binding, needed, needed.readReferences, dependencyFinder, known)
  const columns = sharedColumns(scans, needed.columns)
  const local = localConditions(binding, scans, known, needed)
  return {
    tree,
    binding,
    scans: describeScans(
      scans,
      columns,
      local,
      () => undefined,
      () => [],
    ),
    columns: binding.tableReferences.map((reference) =>
      columnsText(reference, needed.columns.get(reference)),
    ),
  }
}

/** What each scan is asked for, as `table: qual; qual`, in the order in which they may start. */
export function pushedTo(statement: string, known = functions): readonly string[] {
  return plannedStatement(statement, known).scans.map(({ fromItem, isNeverRead, pushed }) =>
    isNeverRead
      ? `${fromItem.name} is never read`
      : [`${fromItem.name}:`, pushed.join('; ')].join(' ').trim(),
  )
}

function columnsText({ name }: TableReference, columns: ReadonlySet<string> = new Set()): string {
  return [`${name}:`, ...[...columns].sort()].join(' ')
}

function virtualTable(name: string, definition: Definition, oid: number): VirtualTable {
  const table: Table = {
    name,
    description: name,
    examples: [],
    ...definition,
    list: () => {
      throw new Error('a made-up table is not read')
    },
  }
  return plannedTable(oid, table, 'made_up', name === 'gathered' ? { aggregator: {} } : {})
}
