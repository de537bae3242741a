/** `millrace query`: runs statements once and ends, or opens the shell. */
import { StartedParts } from '@millrace/server/started-parts'
import { defaultHome } from '@millrace/sql-engine/postgres/home'
import type { ClientConfig } from 'pg'
import { openSession } from './client/session.js'
import { type Interruption, listenForInterruption } from './interruption.js'
import type { Pager } from './output/pager.js'
import { ReaderGone, streamSink } from './output/sink.js'
import { noticeReport } from './query/error-report.js'
import { homeTarget } from './query/home-target.js'
import { type Input, readInputs } from './query/inputs.js'
import type { QueryOptions } from './query/options.js'
import { Outputs } from './query/outputs.js'
import { ProgressLine } from './query/progress-line.js'
import { prepare, runInputs, StatementFailed } from './query/run-statements.js'
import { setUpSession } from './query/session-settings.js'
import { namedDatabase } from './query/target.js'
import { type ExitCode, UserError } from './user-error.js'

/**
 * @returns the exit code
 * @throws UserError for what makes no sense, or where nobody is there to ask
 */
export async function query(options: QueryOptions): Promise<0 | ExitCode> {
  const target = options.database === undefined ? undefined : namedDatabase(options.database)
  const interactive = options.inputs.length === 0 && process.stdin.isTTY && process.stdout.isTTY
  const inputs = interactive ? undefined : await readInputs(options.inputs, process.stdin)
  // What is wrong with them is told before anything is started.
  if (inputs !== undefined) prepare(inputs, options)
  else refuseInShell(options)
  // Whoever read what we print may be gone. The writers are told, each for its own text.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const interruption = listenForInterruption()
  let interrupted: ExitCode = 130
  const onTermination = () => {
    interrupted = 143
  }
  process.on('SIGTERM', onTermination)
  const { signal } = interruption
  const parts = new StartedParts()
  try {
    const connect = async () => target ?? (await homeTarget(parts, signal))
    if (inputs === undefined) {
      const { runShell } = await import('./shell/shell.js')
      await runShell({ home: defaultHome(process.env), connect, query: options, interruption })
    } else await ask(connect, inputs, options, interruption)
    return 0
  } catch (error) {
    if (signal.aborted) return interrupted
    if (error instanceof ReaderGone) return 0
    if (error instanceof StatementFailed) return 1
    throw error
  } finally {
    await parts.stop()
    process.off('SIGTERM', onTermination)
    interruption.release()
  }
}

/** @throws UserError for options that the shell has nothing for */
function refuseInShell({ exports, explain }: QueryOptions): void {
  if (exports.length > 0 || explain) {
    throw new UserError(`${explain ? '--explain' : '--export'} needs SQL; see millrace query --help`, 2)
  }
}

/** @param connect finds whom to ask; a service that ends with its last client may be gone before it is reached */
async function ask(
  connect: () => Promise<ClientConfig>,
  inputs: readonly Input[],
  options: QueryOptions,
  { signal, leaveToOthers }: Interruption,
): Promise<void> {
  signal.throwIfAborted()
  const progress = new ProgressLine(process.stderr)
  const handOver = () => {
    progress.end()
    return leaveToOthers()
  }
  const pager = await pagerOf(options, handOver)
  const stderr = progress.before(streamSink(process.stderr))
  const messages = pager?.besides(stderr) ?? stderr
  const open = (target: ClientConfig) =>
    openSession(target, (notice) => {
      if (progress.take(notice.message)) return
      // Where nobody reads them any more, whoever writes results finds out.
      messages.write(noticeReport(notice)).catch(() => {})
    })
  const session = await open(await connect()).catch(async (error: unknown) => {
    if (signal.aborted || options.database !== undefined) throw error
    return open(await connect())
  })
  const cancel = () => session.cancel()
  signal.addEventListener('abort', cancel)
  try {
    await setUpSession(session.client, options)
    const isShown = process.stderr.isTTY
    // Other servers than Millrace take settings of any such name.
    if (isShown) await session.client.query('set millrace.progress = on')
    const { output, exports, header, separator } = options
    const outputs = new Outputs({
      standardOutput: progress.before(pager ?? streamSink(process.stdout)),
      format: output ?? (exports.length > 0 ? undefined : 'table'),
      exports,
      writerOptions: {
        header,
        separator,
        // A terminal that does not know its width says 0.
        width: (process.stdout.isTTY && process.stdout.columns) || undefined,
      },
    })
    await runInputs(session.client, inputs, {
      ...options,
      progress: isShown ? progress : undefined,
      outputs,
      signal,
      messages,
    })
  } catch (error) {
    // Where rows are left unread, a server that is not ours may not notice that we go.
    if (!(error instanceof StatementFailed)) session.cancel()
    throw error
  } finally {
    signal.removeEventListener('abort', cancel)
    await session.end()
  }
}

/** @returns undefined where results go to no terminal, or no pager is wanted */
async function pagerOf(
  { pager, output, exports }: QueryOptions,
  handOver: Interruption['leaveToOthers'],
): Promise<Pager | undefined> {
  const isShown = process.stdout.isTTY && (output !== undefined || exports.length === 0)
  if (!pager || !isShown) return undefined
  const { Pager, pagerCommand } = await import('./output/pager.js')
  const command = pagerCommand(process.env)
  return command === undefined ? undefined : new Pager({ command, terminal: process.stdout, handOver })
}
