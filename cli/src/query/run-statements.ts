/** Runs statements one after the other, and shows their results, notices and errors. */
import type { Client } from 'pg'
import { readResult } from '../client/result-cursor.js'
import { EnoughRead, ReaderGone, type Sink } from '../output/sink.js'
import { type Statement, statementsOf } from '../sql/statements.js'
import { bindVariables, unknownVariables, type Variables } from '../sql/variables.js'
import { UserError } from '../user-error.js'
import { errorReport, type Place } from './error-report.js'
import { explainPrefix } from './explained.js'
import type { Input } from './inputs.js'
import type { Outputs, ResultOutput } from './outputs.js'
import type { ProgressLine } from './progress-line.js'
import { CallRecord, scansReport, type Timing, timingReport } from './timing.js'

export interface RunOptions {
  readonly variables: Variables
  readonly explain: boolean
  readonly timing: Timing
  /** Of a session that goes on; by itself, a run with timing opens its own. */
  readonly record?: CallRecord | undefined
  readonly outputs: Outputs
  /** Undefined where none is shown. */
  readonly progress?: ProgressLine | undefined
  /** For errors and times: not among the results. */
  readonly messages: Sink
  /** No statement begins once it is aborted. */
  readonly signal: AbortSignal
}

/** A statement has failed, and has been told of. */
export class StatementFailed extends Error {
  override readonly name = 'StatementFailed'
}

interface Prepared {
  readonly input: Input
  readonly statement: Statement
  readonly prefix: string
}

/**
 * Nothing is sent before all of it has been looked at. The first statement that fails is the last.
 * @throws UserError, StatementFailed, or ReaderGone
 */
export async function runInputs(
  client: Client,
  inputs: readonly Input[],
  options: RunOptions,
): Promise<void> {
  const prepared = prepare(inputs, options)
  const record = options.record ?? (options.timing !== 'off' ? await CallRecord.open(client) : undefined)
  for (const each of prepared) {
    options.signal.throwIfAborted()
    await runStatement(client, each, record, options)
  }
}

/** @throws UserError for what makes no sense, whatever a server would say */
export function prepare(
  inputs: readonly Input[],
  { variables, explain }: Pick<RunOptions, 'variables' | 'explain'>,
): Prepared[] {
  const prepared = inputs.flatMap((input) =>
    statementsOf(input.sql).statements.map((statement) => {
      return { input, statement, prefix: explain ? explainPrefix(statement) : '' }
    }),
  )
  const used = new Set(prepared.flatMap(({ statement }) => [...bindVariables(statement, variables).names]))
  const unused = [...variables.keys()].find((name) => !used.has(name))
  if (unused !== undefined) {
    throw new UserError(`--var ${unused}: no statement has the variable :${unused}`, 2)
  }
  return prepared
}

async function runStatement(
  client: Client,
  { input, statement, prefix }: Prepared,
  record: CallRecord | undefined,
  { variables, timing, outputs, messages, progress }: RunOptions,
): Promise<void> {
  const bound = bindVariables(statement, variables, prefix)
  const { text: sent, originalPlace } = bound
  const begun = performance.now()
  let output: ResultOutput | undefined
  progress?.begin()
  try {
    for await (const { fields, rows } of readResult(client, sent, bound.values, outputs.firstBatch)) {
      if (fields.length > 0 && output === undefined) {
        output = await outputs.begin(fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID })))
      }
      await output?.rows(rows)
    }
    await output?.finish()
  } catch (error) {
    await output?.abandon()
    if (error instanceof EnoughRead) return
    if (error instanceof ReaderGone || error instanceof UserError) throw error
    const place: Place = { sql: input.sql, file: input.file, start: statement.start, originalPlace, sent }
    await messages.write(errorReport(error, place, variableHint(error, statement, variables)))
    throw new StatementFailed('a statement has failed', { cause: error })
  } finally {
    progress?.end()
  }
  const milliseconds = performance.now() - begun
  // A connection that is lost by now does not make a failure of what has been shown.
  const calls = await record?.ofLast().catch(() => undefined)
  if (timing === 'off') return
  await messages.write(timingReport(milliseconds, output?.count ?? 0, calls))
  if (timing === 'verbose' && calls !== undefined) {
    await messages.write(await scansReport(client, calls.statement).catch(() => ''))
  }
}

/** SQLSTATE syntax_error */
const syntaxError = '42601'

function variableHint(error: unknown, statement: Statement, variables: Variables): string | undefined {
  if (Object(error).code !== syntaxError) return undefined
  const [name] = unknownVariables(statement, variables)
  return name === undefined ? undefined : `If :${name} is a variable, give its value: --var ${name}=...`
}
