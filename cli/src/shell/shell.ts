/** `millrace query` on a terminal: a shell, which is a client like any other. */
import { clearScreenDown, createInterface, cursorTo, type Interface } from 'node:readline'
import type { ClientConfig } from 'pg'
import { type Sink, streamSink } from '../output/sink.js'
import { noticeReport } from '../query/error-report.js'
import type { QueryOptions } from '../query/options.js'
import { Outputs } from '../query/outputs.js'
import { runInputs, StatementFailed } from '../query/run-statements.js'
import { openSession, type Session } from '../query/session.js'
import { setUpSession } from '../query/session-settings.js'
import { CallRecord } from '../query/timing.js'
import { statementsOf } from '../sql/statements.js'
import { UserError } from '../user-error.js'
import { complete } from './completion.js'
import { addToHistory, historyEntries, historySize, readHistory } from './history.js'
import { isMetaCommand, MetaMisuse, runMetaCommand } from './meta-commands.js'
import { ProgressLine } from './progress-line.js'
import { initialState, type ShellState } from './shell-state.js'

const prompt = '> '
const continuation = '. '

export interface ShellOptions {
  readonly home: string
  readonly config: ClientConfig
  readonly query: QueryOptions
  /** Ends the shell. */
  readonly signal: AbortSignal
}

/** Resolves when the user leaves. */
export async function runShell({ home, config, query, signal }: ShellOptions): Promise<void> {
  let begun = 0
  const progress = new ProgressLine(process.stderr, () => begun)
  const session = await openSession(config, (notice) => {
    if (progress.take(notice.message)) return
    progress.clear()
    process.stderr.write(noticeReport(notice))
  })
  try {
    await setUpSession(session.client, query)
    // Servers that are not Millrace do not know its settings.
    const record = await CallRecord.open(session.client)
    if (record !== undefined) await session.client.query('set millrace.progress = on')
    const onBegin = () => {
      begun = performance.now()
    }
    const shell = new Shell({ session, home, query, progress, record, onBegin })
    await shell.run(signal)
  } finally {
    progress.clear()
    await session.end()
  }
}

interface Parts {
  readonly session: Session
  readonly home: string
  readonly query: QueryOptions
  readonly progress: ProgressLine
  readonly record: CallRecord | undefined
  readonly onBegin: () => void
}

class Shell {
  readonly #parts: Parts
  readonly #state: ShellState
  #typed = ''
  /** While a statement or a meta-command runs. */
  #running: AbortController | undefined
  #lost = false

  constructor(parts: Parts) {
    this.#parts = parts
    const { output, header, separator } = parts.query
    this.#state = {
      ...initialState(),
      header,
      separator,
      ...(output === undefined ? {} : { format: output }),
    }
    parts.session.client.on('end', () => {
      this.#lost = true
    })
  }

  /** @throws UserError when the server has gone */
  async run(signal: AbortSignal): Promise<void> {
    const history = await readHistory(this.#parts.home)
    const lines = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      history,
      historySize,
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
        void this.#complete(line).then((result) => done(null, result))
      },
    })
    const end = () => {
      this.#parts.session.cancel()
      lines.close()
    }
    signal.addEventListener('abort', end)
    lines.on('SIGINT', () => this.#interrupt(lines))
    try {
      process.stdout.write('Millrace. .help lists commands; statements end with a semicolon.\n')
      this.#ask(lines)
      for await (const line of lines) {
        await this.#take(line)
        if (this.#state.ended || signal.aborted) break
        if (this.#lost) throw new UserError('the server has closed the connection', 3)
        this.#ask(lines)
      }
    } finally {
      signal.removeEventListener('abort', end)
      lines.close()
    }
    if (!this.#state.ended) process.stdout.write('\n')
  }

  #ask(lines: Interface): void {
    lines.setPrompt(this.#typed === '' ? prompt : continuation)
    lines.prompt()
  }

  /** Ctrl-C ends what runs, or forgets what has been typed. */
  #interrupt(lines: Interface): void {
    if (this.#running !== undefined) {
      this.#running.abort()
      this.#parts.session.cancel()
      return
    }
    this.#typed = ''
    process.stdout.write('^C\n')
    // What stands on the line is forgotten: Ctrl-E, Ctrl-U.
    lines.write(null, { ctrl: true, name: 'e' })
    lines.write(null, { ctrl: true, name: 'u' })
    this.#ask(lines)
  }

  async #complete(line: string): Promise<[string[], string]> {
    const client = this.#running === undefined ? this.#parts.session.client : undefined
    const { candidates, word } = await complete(line, this.#typed, client)
    return [[...candidates], word]
  }

  async #take(line: string): Promise<void> {
    if (this.#typed === '' && isMetaCommand(line)) return this.#runMeta(line)
    this.#typed += `${this.#typed === '' ? '' : '\n'}${line}`
    const { open, statements } = statementsOf(this.#typed)
    if (open && (this.#state.multi || statementsOf(`${this.#typed}\n;`).open)) return
    const sql = this.#typed
    this.#typed = ''
    if (statements.length === 0) return
    for (const entry of historyEntries(sql)) await addToHistory(this.#parts.home, entry)
    await this.#runSql(sql)
  }

  async #runMeta(line: string): Promise<void> {
    await addToHistory(this.#parts.home, line.trim())
    const output = streamSink(process.stdout)
    try {
      await runMetaCommand(line, {
        state: this.#state,
        print: (text) => output.write(text),
        run: (sql, variables = {}) => this.#runSql(sql, new Map(Object.entries(variables)), false),
        clearScreen: () => {
          cursorTo(process.stdout, 0, 0)
          clearScreenDown(process.stdout)
        },
      })
    } catch (error) {
      if (!(error instanceof MetaMisuse)) throw error
      await output.write(`${error.message}\n`)
    }
  }

  async #runSql(sql: string, variables?: ReadonlyMap<string, string>, timed = true): Promise<void> {
    const { session, progress, query, record, onBegin } = this.#parts
    const { format, header, separator, timing } = this.#state
    const given = variables ?? usedOf(sql, query.variables)
    const clearing = (stream: NodeJS.WritableStream): Sink => {
      const sink = streamSink(stream)
      return {
        write: (text) => {
          if (text !== '') progress.clear()
          return sink.write(text)
        },
      }
    }
    const width = process.stdout.columns > 0 ? process.stdout.columns : undefined
    const outputs = new Outputs({
      standardOutput: clearing(process.stdout),
      format,
      exports: [],
      writerOptions: { header, separator, width },
    })
    const running = new AbortController()
    this.#running = running
    onBegin()
    try {
      await runInputs(session.client, [{ sql }], {
        variables: given,
        explain: false,
        timing: timing && timed,
        record,
        outputs,
        messages: clearing(process.stderr),
        signal: running.signal,
      })
    } catch (error) {
      // It has been told of, or Ctrl-C has come between two statements.
      if (error instanceof UserError) await clearing(process.stderr).write(`${error.message}\n`)
      else if (!(error instanceof StatementFailed) && !running.signal.aborted) throw error
    } finally {
      this.#running = undefined
      progress.clear()
    }
  }
}

/** In a shell, a variable of the command line need not stand in every statement. */
function usedOf(sql: string, variables: QueryOptions['variables']): QueryOptions['variables'] {
  const names = new Set(
    statementsOf(sql).statements.flatMap(({ text, tokens }) =>
      tokens.flatMap(({ kind, start, end }) => (kind === 'variable' ? [text.slice(start + 1, end)] : [])),
    ),
  )
  return new Map([...variables].filter(([name]) => names.has(name)))
}
