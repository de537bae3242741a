/**
 * EXPLAIN of a statement over virtual tables. Without ANALYZE no call is made: PostgreSQL plans over empty tables.
 * PostgreSQL's answer is read by the gateway, and what the client runs is a SELECT of the whole one.
 */
import type { TableReference } from '../bind/binding.js'
import { DatabaseError } from '../database-error.js'
import { explainOptions } from '../parse/explain-options.js'
import { quoteLiteral } from '../parse/identifier.js'
import { findAll, type Inside, type Node } from '../parse/syntax-tree.js'
import type { DecodedValue } from '../plan/key-values.js'
import type { QuerySource, ScanPlan } from '../plan/scan-plan.js'
import { describeScans } from '../report/describe-scans.js'
import {
  type Explanation,
  explainJson,
  explainLines,
  type KnownName,
  withKnownNames,
} from '../report/explain-text.js'
import type { ScanTable } from '../stage/scan-table.js'
import type { BoundParameters, Session, StagedStatement, StageOptions } from '../statement.js'
import type { EngineContext } from './engine-context.js'
import { QualPusher, querySourcesOf } from './push-quals.js'
import { readableScan } from './readable-scan.js'
import { stageScans } from './scan-runner.js'
import { StagedScans } from './staged-scans.js'
import type { PlannedStatement, StatementPlan } from './statement-plan.js'
import { visibleContext } from './visible-context.js'

/**
 * @param clientSession reports the positions of errors
 * @param clientPosition maps a position in the plan's text to one in the client's
 * @throws DatabaseError
 */
export async function explainStatement(
  explain: Inside<'ExplainStmt'>,
  plan: PlannedStatement,
  context: EngineContext,
  session: Session,
  clientSession: Session,
  options: StageOptions,
  clientPosition: (position: number) => number | undefined,
): Promise<StagedStatement> {
  const { analyze, format } = explainOptions(explain)
  const visible = await visibleContext(context, plan.reader, session)
  const scans = await described(plan, visible, session, options.parameters)
  const staged = analyze
    ? await stageScans({ ...options, plan, context, session, reader: 'session' })
    : await stageNothing(plan, context, options.signal)
  try {
    const edited = plan.rewritable.rewritten((reference) => staged.tableOf(reference).qualifiedName)
    const names = await knownNames(staged, session)
    const parameters = options.parameters ?? withoutValues(plan.tree)
    const { rows } = await clientSession.query(edited.text, parameters).catch((error: unknown) => {
      throw clientError(error, names, (position) => clientPosition(edited.originalPosition(position) ?? 0))
    })
    const lines = rows.map(([line]) => withKnownNames(line ?? '', names))
    const explanation = { scans, records: analyze ? staged.records : undefined }
    if (format === 'xml' || format === 'yaml') {
      options.notice(
        `EXPLAIN (FORMAT ${format.toUpperCase()}) shows PostgreSQL's plan alone; FORMAT TEXT and JSON show the API calls too`,
      )
    }
    return {
      text: answerOf(format, explanation, lines),
      originalPosition: () => undefined,
      relations: new Map(),
      originalNames: (message) => message,
      commandTag: 'EXPLAIN',
      finished: undefined,
      again: undefined,
      release: () => staged.release(),
    }
  } catch (error) {
    staged.release()
    throw error
  }
}

async function described(
  plan: StatementPlan,
  { connections, aggregators }: EngineContext,
  session: Session,
  parameters: BoundParameters | undefined,
) {
  const { scans, columns } = plan.fetching()
  const nameOf = ({ name }: TableReference): string => {
    throw new Error(`a constant reads ${name}`)
  }
  const pusher = new QualPusher(session, parameters, plan.writer, nameOf, {
    limit: Number.POSITIVE_INFINITY,
    check: () => {},
  })
  // EXPLAIN (GENERIC_PLAN) has parameters without values.
  await pusher.evaluateConstants(parameters === undefined ? scans.map(withoutParameters) : scans)
  const values = new Map<QuerySource, DecodedValue>()
  for (const { quals } of scans) {
    for (const source of quals.flatMap(querySourcesOf)) {
      const value = await pusher.constantOf(source)
      if (value !== undefined) values.set(source, value)
    }
  }
  const costLeft = ({ table: { connection, definition } }: TableReference) => {
    const own = connections.get(connection.name)
    const members = aggregators.get(connection.name)?.members ?? (own === undefined ? [] : [own])
    return members.flatMap((member) => {
      const left = member.costLeft(definition)
      return left === undefined ? [] : [members.length === 1 ? left : `${member.name}: ${left}`]
    })
  }
  return describeScans(scans, columns, plan.localConditions(), (source) => values.get(source), costLeft)
}

function withoutParameters(scan: ScanPlan): ScanPlan {
  const quals = scan.quals.filter((qual) => !querySourcesOf(qual).some(hasParameter))
  return { ...scan, quals }
}

function hasParameter({ source }: QuerySource): boolean {
  return findAll(source.kind === 'subquery' ? source.select : source.node, 'ParamRef').length > 0
}

/** @returns undefined for a statement without parameters */
function withoutValues(statement: Node): BoundParameters | undefined {
  const count = Math.max(0, ...findAll(statement, 'ParamRef').map(({ number = 0 }) => number))
  if (count === 0) return undefined
  return { types: [], formats: [], values: Array.from({ length: count }, () => undefined) }
}

/** Stages empty tables of the same shape. @throws DatabaseError */
async function stageNothing(
  { needed, reader }: PlannedStatement,
  { scanTables }: EngineContext,
  signal: AbortSignal,
): Promise<StagedScans> {
  const staged = new Map<TableReference, ScanTable>()
  try {
    for (const fromItem of needed.keys()) {
      const { definition: table, columns } = fromItem.table
      const tableName = table.name
      const empty = await scanTables.stage({ columns, filled: [], tableName, rows: noRows(), signal })
      staged.set(fromItem, await readableScan(empty, { scanTables, reader, tableName, signal }))
    }
  } catch (error) {
    for (const table of staged.values()) table.release()
    throw error
  }
  return new StagedScans(staged, [])
}

async function* noRows(): AsyncGenerator<never, void, void> {}

/** Names of the relations that hold rows: scan tables and, behind views, what these read. */
async function knownNames(
  { tables }: StagedScans,
  session: Session,
): Promise<ReadonlyMap<string, KnownName>> {
  const fromItems = new Map([...tables].map(([fromItem, table]) => [String(table.oid), fromItem]))
  const { rows } = await session.query(
    `with recursive held (root, oid) as (
       select o, o from pg_catalog.unnest('{${[...fromItems.keys()].join(',')}}'::pg_catalog.oid[]) as o
       union
       select held.root, d.refobjid from held
         join pg_catalog.pg_rewrite r on r.ev_class = held.oid
         join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = r.oid
          and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> held.oid)
     select distinct held.root::pg_catalog.text, c.relname::pg_catalog.text, n.nspname::pg_catalog.text
       from held join pg_catalog.pg_class c on c.oid = held.oid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace`,
  )
  const names = new Map<string, KnownName>()
  for (const [root, relation, heldIn] of rows) {
    const fromItem = fromItems.get(root ?? '')
    if (fromItem === undefined || !relation || !heldIn) continue
    names.set(relation, { heldIn, schema: fromItem.table.schema, name: fromItem.table.definition.name })
  }
  return names
}

function clientError(
  error: unknown,
  names: ReadonlyMap<string, KnownName>,
  positionOf: (position: number) => number | undefined,
): unknown {
  if (!(error instanceof DatabaseError)) return error
  const { sqlState, detail, hint, position, cause } = error
  return new DatabaseError(withKnownNames(error.message, names), {
    sqlState,
    detail,
    hint,
    cause,
    position: position === undefined ? undefined : positionOf(position),
  })
}

/** A statement whose rows are the answer; the client sees its column as PostgreSQL describes that of EXPLAIN. */
function answerOf(
  format: 'text' | 'json' | 'xml' | 'yaml',
  explanation: Explanation,
  plan: readonly string[],
): string {
  const lines =
    format === 'text'
      ? explainLines(explanation, plan)
      : [format === 'json' ? explainJson(explanation, plan.join('\n')) : plan.join('\n')]
  const type = format === 'json' ? 'json' : 'text'
  return `SELECT line::pg_catalog.${type} AS "QUERY PLAN"
    FROM pg_catalog.unnest(ARRAY[${lines.map(quoteLiteral).join(', ')}]::pg_catalog.text[]) AS line`
}
