/** What is the same each time that a statement runs, as long as its names stand for the same. */
import { bind } from '../bind/binder.js'
import type { VirtualLeaf } from '../bind/binding.js'
import { lookUpQuery, readNames } from '../bind/look-up-names.js'
import type { SessionSettings } from '../bind/session-settings.js'
import type { VirtualTable } from '../catalog/virtual-table.js'
import type { Node } from '../parse/syntax-tree.js'
import { neededColumns } from '../plan/needed-columns.js'
import { Pieces } from '../plan/piece.js'
import { planScans } from '../plan/plan-scans.js'
import type { ScanPlan } from '../plan/scan-plan.js'
import { allColumns, type Optimisations, unoptimisedScans } from '../plan/unoptimised-scans.js'
import { KeyQueryWriter } from '../plan/write-key-query.js'
import type { Session } from '../statement.js'
import { RewritableStatement } from './rewrite-statement.js'

export interface StatementPlan {
  readonly writer: KeyQueryWriter
  readonly scans: readonly ScanPlan[]
  /** Columns that each scan has to fill. */
  readonly columns: ReadonlyMap<VirtualLeaf, ReadonlySet<string>>
  readonly rewritable: RewritableStatement
  readonly settings: SessionSettings
}

interface Known {
  /** Asks PostgreSQL what the statement's names stand for. */
  readonly query: string
  /** What it said when the plan was made. */
  answer?: string
  plan?: StatementPlan
}

/** Plans statements, and remembers the plans for as long as the statements' trees are remembered. */
export class StatementPlans {
  readonly #virtualTables: ReadonlyMap<number, VirtualTable>
  readonly #optimisations: Optimisations
  readonly #known = new WeakMap<Node, Known>()

  /** @param virtualTables by OID */
  constructor(virtualTables: ReadonlyMap<number, VirtualTable>, optimisations: Optimisations) {
    this.#virtualTables = virtualTables
    this.#optimisations = optimisations
  }

  /**
   * @returns undefined when none of the statement's names stands for a virtual table after all
   * @throws DatabaseError HV002 when a table cannot be asked for want of a key
   */
  async plan(statement: Node, text: string, session: Session): Promise<StatementPlan | undefined> {
    const known = this.#known.get(statement) ?? { query: lookUpQuery(statement) }
    this.#known.set(statement, known)
    const { rows } = await session.query(known.query)
    const answer = rows[0]?.[0] ?? ''
    if (known.answer !== answer) {
      known.plan = this.#plan(statement, text, answer)
      known.answer = answer
    }
    return known.plan
  }

  #plan(statement: Node, text: string, answer: string): StatementPlan | undefined {
    const names = readNames(answer, text, this.#virtualTables)
    const binding = bind(statement, (rangeVar) => names.relationOf(rangeVar))
    if (binding.virtualLeaves.length === 0) return undefined
    const pieces = new Pieces(binding, names.functions)
    const scans = planScans(binding, pieces, names.functions)
    const isPlain = this.#optimisations === 'none'
    return {
      writer: new KeyQueryWriter(binding, pieces),
      scans: isPlain ? unoptimisedScans(scans) : scans,
      columns: isPlain ? allColumns(binding.virtualLeaves) : neededColumns(statement, binding),
      rewritable: new RewritableStatement(text, statement, binding),
      settings: names.settings,
    }
  }
}
