/** A statement's way: bind, plan, order, find keys, fetch, stage, rewrite. */

import type { Logger } from 'pino'
import { fillsMaterializedView } from '../analyse/statement-texts.js'
import type { TableReference } from '../bind/binding.js'
import { DatabaseError } from '../database-error.js'
import { expandExecute } from '../expand/expand-execute.js'
import { explainOptions } from '../parse/explain-options.js'
import { SourceText } from '../parse/source-text.js'
import { executeOf, findAll, inside, type Node } from '../parse/syntax-tree.js'
import { missingKeyInside } from '../plan/missing-key.js'
import { keptTextsBy } from '../report/describe-scans.js'
import { qualTexts } from '../report/qual-text.js'
import type { ScanRecord } from '../report/scan-record.js'
import type { ScanTable } from '../stage/scan-table.js'
import { type Session, type StagedStatement, type StageOptions, unchangedStatement } from '../statement.js'
import { unknownTable } from '../unknown-table.js'
import type { EngineContext } from './engine-context.js'
import { explainStatement } from './explain-statement.js'
import { fillMaterializedView } from './fill-materialized-view.js'
import { readableScan } from './readable-scan.js'
import { repeatLookup } from './repeat-lookup.js'
import { stageScans } from './scan-runner.js'
import { StagedScans } from './staged-scans.js'
import type { PlannedStatement } from './statement-plan.js'

export async function stageStatement(
  text: string,
  tree: Node,
  context: EngineContext,
  session: Session,
  options: StageOptions,
): Promise<StagedStatement> {
  try {
    return await prepare(text, tree, context, session, options)
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep()
    throw session.loopbackFor === undefined ? error : missingKeyInside(error)
  }
}

/** The error of a statement that is nested too deeply: trees are walked recursively, and the call stack is finite. */
function tooDeep(): DatabaseError {
  return new DatabaseError('the statement is nested too deeply', {
    // statement_too_complex
    sqlState: '54001',
    detail: 'Statements over virtual tables can be nested some hundreds of levels deep.',
    hint: 'Use a temporary table for an inner query, or a list such as = ANY (…) for a long chain of operators.',
  })
}

async function prepare(
  text: string,
  tree: Node,
  context: EngineContext,
  clientSession: Session,
  options: StageOptions,
): Promise<StagedStatement> {
  const session = oneByOne(clientSession)
  session.history?.begin(text)
  if (fillsMaterializedView(tree)) return fillMaterializedView(text, tree, context, session, options)
  const execute = executeOf(tree)
  const executed = execute && (await expandExecute(text, tree, execute, clientSession))
  if (execute !== undefined && executed === undefined) return unchangedStatement(text)
  const plan = await (await context.plans()).plan(
    executed?.tree ?? tree,
    executed?.edited.text ?? text,
    session,
  )
  if (plan === undefined) {
    if (session.loopbackFor !== undefined && inside(tree, 'DeclareCursorStmt') !== undefined)
      throw unknownTable()
    return unchangedStatement(text)
  }
  const explain = inside(plan.tree, 'ExplainStmt')
  const isGeneric = explain !== undefined && explainOptions(explain).genericPlan
  if (options.parameters === undefined && !isGeneric) rejectParameters(text, tree)
  if (explain !== undefined) {
    return explainStatement(explain, plan, context, session, clientSession, options, (position) => {
      const planned = plan.originalPosition(position)
      return executed?.edited.originalPosition(planned) ?? planned
    })
  }
  const stagedAhead = await tablesStagedAhead(plan, context, session, options.signal)
  const staged = stagedAhead ?? (await stageScans({ ...options, plan, context, session, reader: 'session' }))
  const edited = plan.rewritable.rewritten((reference) => staged.tableOf(reference).qualifiedName)
  traceStatement(context.log, text, edited.text, staged)
  const repeat =
    stagedAhead === undefined && executed === undefined
      ? repeatLookup(plan, tree, staged, context)
      : undefined
  const statement: StagedStatement = {
    text: edited.text,
    originalPosition: (position) => {
      const planned = plan.originalPosition(edited.originalPosition(position))
      return executed?.edited.originalPosition(planned) ?? planned
    },
    relations: new Map([...staged.tables].map(([{ table }, scanTable]) => [scanTable.oid, table.oid])),
    originalNames: (message) => withOriginalNames(message, staged.tables),
    finished: undefined,
    again:
      repeat &&
      ((parameters) => {
        const repeated = repeat(parameters)
        if (repeated === undefined) return undefined
        session.history?.begin(text)
        session.history?.add([repeated.record], keptTextsBy(plan.localConditions))
        observeRepeated(repeated.record, context)
        return { ...statement, release: repeated.release }
      }),
    release: () => staged.release(),
  }
  return statement
}

function observeRepeated(record: ScanRecord, { observer }: EngineContext): void {
  const { connection, definition } = record.fromItem.table
  observer?.scanned(
    { plugin: connection.plugin.name, connection: record.connection, table: definition.name },
    record,
  )
}

/** Logs a statement at a level that is not for everyday use: statements may hold secrets. */
function traceStatement(log: Logger, text: string, rewritten: string, { records }: StagedScans): void {
  if (!log.isLevelEnabled('trace')) return
  const scans = records.map(
    ({ fromItem, connection, columns, quals, limit, cache, meter, milliseconds }) => ({
      table: fromItem.table.definition.name,
      connection,
      columns,
      pushed: quals === undefined ? undefined : qualTexts(quals, fromItem.table),
      limit,
      cache,
      calls: meter.calls,
      rows: meter.rows,
      milliseconds,
    }),
  )
  log.trace({ statement: text, scans, rewritten }, 'a statement has been staged')
}

/**
 * The scan tables that were staged ahead for a statement, if they are all that it reads. They are released by the one who has
 * staged them.
 */
async function tablesStagedAhead(
  { needed, reader }: PlannedStatement,
  { loopbackScans, scanTables }: EngineContext,
  { loopbackFor }: Session,
  signal: AbortSignal,
): Promise<StagedScans | undefined> {
  const scans = await loopbackScans.of(loopbackFor)
  if (scans === undefined) return undefined
  const found = new Map<TableReference, ScanTable>()
  for (const [fromItem, names] of needed) {
    const stagedAhead = scans.get(fromItem.table.oid)
    if (stagedAhead === undefined || [...names].some((column) => !stagedAhead.columns.has(column)))
      return undefined
    found.set(fromItem, { ...stagedAhead.table, release: () => {} })
  }
  const tables = new Map<TableReference, ScanTable>()
  try {
    for (const [fromItem, table] of found) {
      const tableName = fromItem.table.definition.name
      tables.set(fromItem, await readableScan(table, { scanTables, reader, tableName, signal }))
    }
  } catch (error) {
    new StagedScans(tables, []).release()
    throw error
  }
  return new StagedScans(tables, [])
}

/** Rejects parameters in a simple query, which has none, in PostgreSQL's words. */
function rejectParameters(text: string, tree: Node): void {
  const [parameter] = findAll(tree, 'ParamRef')
  if (parameter === undefined) return
  throw new DatabaseError(`there is no parameter $${parameter.number ?? 0}`, {
    sqlState: '42P02',
    position: new SourceText(text).charactersBefore(parameter.location ?? 0) + 1,
  })
}

function withOriginalNames(message: string, staged: ReadonlyMap<TableReference, ScanTable>): string {
  let named = message
  for (const [fromItem, table] of staged) {
    const original = fromItem.table.definition.name
    named = named.replaceAll(table.qualifiedName, original)
    // Not the beginning of a longer name: s_1 is not s_12.
    named = named.replace(new RegExp(`\\b${table.name}\\b`, 'g'), original)
  }
  return named
}

/** An error without its position: that of the engine's own query means nothing to the client. */
function withoutPosition(error: unknown): unknown {
  if (!(error instanceof DatabaseError) || error.position === undefined) return error
  const { sqlState, detail, hint, cause } = error
  return new DatabaseError(error.message, { sqlState, detail, hint, cause })
}

/** A session that is asked one thing at a time, however much runs side by side. */
function oneByOne(session: Session): Session {
  let last: Promise<unknown> = Promise.resolve()
  return {
    ...session,
    query(text, parameters) {
      const result = last.then(() => session.query(text, parameters))
      last = result.catch(() => {})
      return result.catch((error: unknown) => {
        throw withoutPosition(error)
      })
    },
  }
}
