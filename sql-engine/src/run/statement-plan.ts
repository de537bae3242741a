/** What is the same each time that a statement runs, as long as its names stand for the same. */
import { type Access, permissionDenied, type Reader, readAccess } from '../bind/access.js'
import { bind } from '../bind/binder.js'
import type { TableReference } from '../bind/binding.js'
import type { RelationOf } from '../bind/from-binder.js'
import { lookUpQuery, nameOf, readNames } from '../bind/look-up-names.js'
import type { VirtualTable } from '../catalog/virtual-table.js'
import { copyEdits } from '../expand/expand-copy.js'
import { functionEdits, type TableFunctionOf } from '../expand/expand-functions.js'
import { viewEdits } from '../expand/expand-views.js'
import { type Expansion, expand } from '../expand/expansion.js'
import { once } from '../once.js'
import type { Node } from '../parse/syntax-tree.js'
import { DependencyFinder } from '../plan/dependencies.js'
import { type LocalCondition, localConditions } from '../plan/local-conditions.js'
import { neededColumns } from '../plan/needed-columns.js'
import { optionalScans } from '../plan/optional-scans.js'
import { planScans } from '../plan/plan-scans.js'
import type { ScanPlan } from '../plan/scan-plan.js'
import { sharedColumns } from '../plan/shared-columns.js'
import { allColumns, type Optimisations, unoptimisedScans } from '../plan/unoptimised-scans.js'
import { rejectLocks, rejectSamples, rejectWrites } from '../plan/unsupported-statements.js'
import { KeyQueryWriter } from '../plan/write-key-query.js'
import type { Names } from '../postgres/names.js'
import type { EngineObserver } from '../report/engine-observer.js'
import type { SessionSettings } from '../settings/session-settings.js'
import type { Session } from '../statement.js'
import { RewritableStatement } from './rewrite-statement.js'

export interface StatementPlan {
  /** The syntax tree of the text that was planned. */
  readonly tree: Node
  readonly writer: KeyQueryWriter
  /** The columns of its virtual tables that the statement reads. */
  readonly needed: ReadonlyMap<TableReference, ReadonlySet<string>>
  /** @throws DatabaseError HV002 when a table cannot be asked for lack of a key */
  readonly fetching: () => Fetching
  /** The local conditions. @throws DatabaseError as {@link fetching} does */
  readonly localConditions: () => ReadonlyMap<TableReference, readonly LocalCondition[]>
  /** The tables without whose rows the statement still gives what it says, with NULL in place of them. */
  readonly optional: () => ReadonlySet<TableReference>
  readonly rewritable: RewritableStatement
  readonly settings: SessionSettings
  /** Maps a 1-based character position in the text that was planned to one in the client's. */
  originalPosition(position: number): number
}

/** A plan for one session's role. */
export interface PlannedStatement extends StatementPlan {
  readonly reader: Reader
}

export interface Fetching {
  readonly scans: readonly ScanPlan[]
  /** The columns that each scan must fill: those that are needed, and those of scans that ask the same. */
  readonly columns: ReadonlyMap<TableReference, ReadonlySet<string>>
}

interface Known {
  /** The query that asks PostgreSQL what the statement's names stand for. */
  readonly query: string
  /** PostgreSQL's answer when the outcome was found. */
  answer?: string
  outcome?: Outcome
}

type Outcome =
  | { readonly kind: 'plan'; readonly plan: StatementPlan }
  /** The statement stands for another one, which is planned instead. */
  | { readonly kind: 'expansion'; readonly expansion: Expansion }
  /** No virtual table is named. */
  | { readonly kind: 'nothing' }

/** The most levels of expansion. PostgreSQL allows any depth of views of views; no one writes this many. */
const deepestExpansion = 50

/** Who is told how long planning takes. */
interface PlanWatch {
  readonly observer: EngineObserver | undefined
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number
}

/** Plans statements, and remembers the plans for as long as the statements' trees are remembered. */
export class StatementPlans {
  readonly #virtualTables: ReadonlyMap<number, VirtualTable>
  readonly #optimisations: Optimisations
  readonly #watch: PlanWatch
  readonly #names: Names
  readonly #known = new WeakMap<Node, Known>()

  /** @param virtualTables by OID */
  constructor(
    virtualTables: ReadonlyMap<number, VirtualTable>,
    optimisations: Optimisations,
    { names, ...watch }: PlanWatch & { readonly names: Names },
  ) {
    this.#names = names
    this.#virtualTables = virtualTables
    this.#optimisations = optimisations
    this.#watch = watch
  }

  /**
   * @returns undefined when none of the statement's names stands for a virtual table after all
   * @throws DatabaseError 0A000 for what virtual tables cannot do, 42501 where the session's role may not read one
   */
  async plan(statement: Node, text: string, session: Session): Promise<PlannedStatement | undefined> {
    const { observer, now } = this.#watch
    const start = now()
    const planning = () => this.#planAt(0, statement, text, session)
    try {
      return await (observer?.trace === undefined ? planning() : observer.trace({ kind: 'plan' }, planning))
    } finally {
      observer?.passed('plan', now() - start)
    }
  }

  async #planAt(
    depth: number,
    statement: Node,
    text: string,
    session: Session,
  ): Promise<PlannedStatement | undefined> {
    const known = this.#known.get(statement) ?? { query: lookUpQuery(statement, this.#names) }
    this.#known.set(statement, known)
    const { rows } = await session.query(known.query)
    const [answer, access] = rows[0] ?? []
    if (!answer || !access) throw new Error('PostgreSQL has not told what names stand for')
    if (known.answer !== answer || known.outcome === undefined) {
      known.outcome = this.#outcomeOf(statement, text, answer, depth < deepestExpansion)
      known.answer = answer
    }
    const { outcome } = known
    if (outcome.kind === 'plan') {
      const { reader, denied } = readAccess(access, this.#names)
      this.#rejectDenied(outcome.plan, denied)
      return { ...outcome.plan, reader }
    }
    if (outcome.kind === 'nothing') return undefined
    const { tree, edited } = outcome.expansion
    const plan = await this.#planAt(depth + 1, tree, edited.text, session)
    return (
      plan && {
        ...plan,
        originalPosition: (position) => edited.originalPosition(plan.originalPosition(position)),
      }
    )
  }

  #outcomeOf(statement: Node, text: string, answer: string, mayExpand: boolean): Outcome {
    const names = readNames(answer, text, this.#virtualTables, this.#names)
    const relationOf: RelationOf = (rangeVar) => names.relationOf(rangeVar)
    rejectWrites(statement, relationOf)
    rejectSamples(statement, relationOf)
    const binding = bind(statement, relationOf, names.functions)
    const edits = [...copyEdits(text, statement, relationOf), ...viewEdits(text, statement, binding)]
    const functionOf: TableFunctionOf = (item) => names.tableFunctionOf(item)
    // Names among the arguments come first.
    if (edits.length === 0) edits.push(...functionEdits(text, statement, binding, functionOf))
    const expansion = mayExpand && edits.length > 0 ? expand(text, edits) : undefined
    if (expansion !== undefined) return { kind: 'expansion', expansion }
    if (binding.tableReferences.length === 0) return { kind: 'nothing' }
    rejectLocks(binding.blocks)
    const dependencyFinder = new DependencyFinder(binding, names.functions)
    const isPlain = this.#optimisations === 'none'
    const read = neededColumns(statement, binding, names.functions)
    const needed = isPlain ? allColumns(binding.tableReferences) : read.columns
    const fetching = once(() => {
      const readReferences = isPlain ? new Set(binding.tableReferences) : read.readReferences
      const scans = planScans(binding, read, readReferences, dependencyFinder, names.functions)
      return isPlain
        ? { scans: unoptimisedScans(scans), columns: needed }
        : { scans, columns: sharedColumns(scans, needed) }
    })
    const plan: StatementPlan = {
      tree: statement,
      writer: new KeyQueryWriter(binding, dependencyFinder),
      needed,
      fetching,
      localConditions: once(() => localConditions(binding, fetching().scans, names.functions, read)),
      optional: once(() => optionalScans(statement, binding)),
      rewritable: new RewritableStatement(text, statement, binding),
      settings: names.settings,
      originalPosition: (position) => position,
    }
    return { kind: 'plan', plan }
  }

  /** @throws DatabaseError 42501 for a table that may not be read */
  #rejectDenied({ needed }: StatementPlan, denied: Access['denied']): void {
    for (const { rangeVar, table } of needed.keys()) {
      const hasColumns = denied.get(nameOf(rangeVar, this.#names))
      if (hasColumns !== undefined) throw permissionDenied(table.definition.name, hasColumns)
    }
  }
}
