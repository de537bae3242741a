/** `millrace query` on a terminal: a shell, which is a client like any other. */
import { clearScreenDown, createInterface, cursorTo, type Interface } from 'node:readline'
import type { ClientConfig } from 'pg'
import type { Interruption } from '../interruption.js'
import { Pager, pagerCommand } from '../output/pager.js'
import { type Sink, streamSink } from '../output/sink.js'
import { noticeReport } from '../query/error-report.js'
import type { QueryOptions } from '../query/options.js'
import { Outputs } from '../query/outputs.js'
import { ProgressLine } from '../query/progress-line.js'
import { runInputs, StatementFailed } from '../query/run-statements.js'
import { statementsOf } from '../sql/statements.js'
import { UserError } from '../user-error.js'
import { complete } from './completion.js'
import { addToHistory, Entries, historySize, readHistory } from './history.js'
import { isMetaCommand, MetaMisuse, runMetaCommand } from './meta-commands.js'
import { ShellConnection } from './shell-connection.js'
import { initialState, type ShellState } from './shell-state.js'

const prompt = '> '
const continuation = '. '

export interface ShellOptions {
  readonly home: string
  /** Whom to ask, at first and after the connection was lost. */
  readonly connect: () => Promise<ClientConfig>
  readonly query: QueryOptions
  readonly interruption: Interruption
}

/** Resolves when the user leaves. */
export async function runShell({ home, connect, query, interruption }: ShellOptions): Promise<void> {
  const progress = new ProgressLine(process.stderr)
  let shell: Shell | undefined
  const connection = await ShellConnection.open({
    connect,
    query,
    onNotice: (notice) => {
      if (!progress.take(notice.message)) shell?.tell(noticeReport(notice))
    },
  })
  try {
    const opened = new Shell({ connection, home, query, progress, interruption })
    shell = opened
    connection.onLost = () => opened.lost()
    await opened.run()
  } finally {
    connection.onLost = () => {}
    progress.end()
    await connection.current.session.end()
  }
}

interface Parts {
  readonly connection: ShellConnection
  readonly home: string
  readonly query: QueryOptions
  readonly progress: ProgressLine
  readonly interruption: Interruption
}

class Shell {
  readonly #parts: Parts
  readonly #state: ShellState
  #typed = ''
  /** While a statement or a meta-command runs. */
  #running: AbortController | undefined
  #lines: Interface | undefined
  /** What readline reads its history from. */
  #list: string[] = []
  #entries = new Entries([])
  readonly #pagerCommand = pagerCommand(process.env)
  #pager: Pager | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    const { output, header, separator, timing, pager } = parts.query
    this.#state = {
      ...initialState(),
      header,
      separator,
      pager,
      ...(timing === 'verbose' ? { timing } : {}),
      ...(output === undefined ? {} : { format: output }),
    }
  }

  /** Shows what is no result. */
  tell(text: string): void {
    this.#messages()
      .write(text)
      .catch(() => {}) // whoever writes results finds out
  }

  async run(): Promise<void> {
    const { signal } = this.#parts.interruption
    const history = await readHistory(this.#parts.home)
    this.#entries = new Entries(history)
    const lines = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      history,
      historySize,
      completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
        void this.#complete(line).then((result) => done(null, result))
      },
    })
    this.#lines = lines
    // It is emitted before the line itself is.
    lines.on('history', (list: string[]) => {
      this.#list = list
      this.#entries.restore(list)
    })
    const end = () => {
      this.#parts.connection.current.session.cancel()
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
      this.#parts.connection.current.session.cancel()
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
    const { connection } = this.#parts
    const client =
      this.#running === undefined && !connection.isLost ? connection.current.session.client : undefined
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
    await this.#remember(sql.trim())
    await this.#runSql(sql)
  }

  async #runMeta(line: string): Promise<void> {
    await this.#remember(line.trim())
    const output = streamSink(process.stdout)
    try {
      await runMetaCommand(line, {
        state: this.#state,
        isMillrace: this.#parts.connection.current.record !== undefined,
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

  async #remember(entry: string): Promise<void> {
    this.#entries.add(entry)
    this.#entries.restore(this.#list)
    await addToHistory(this.#parts.home, entry)
  }

  async #runSql(sql: string, variables?: ReadonlyMap<string, string>, timed = true): Promise<void> {
    const { connection, progress, query } = this.#parts
    if (connection.isLost && !(await this.#reconnect())) return
    const { session, record } = connection.current
    const { format, header, separator, timing } = this.#state
    const given = variables ?? usedOf(sql, query.variables)
    const width = process.stdout.columns > 0 ? process.stdout.columns : undefined
    const outputs = new Outputs({
      standardOutput: this.#results(),
      format,
      exports: [],
      writerOptions: { header, separator, width },
    })
    const running = new AbortController()
    this.#running = running
    try {
      await runInputs(session.client, [{ sql }], {
        variables: given,
        explain: false,
        timing: timed ? timing : 'off',
        record,
        outputs,
        progress,
        messages: this.#messages(),
        signal: running.signal,
      })
    } catch (error) {
      // It has been told of, or Ctrl-C has come between two statements.
      if (error instanceof UserError) await this.#messages().write(`${error.message}\n`)
      else if (!(error instanceof StatementFailed) && !running.signal.aborted && !connection.isLost)
        throw error
    } finally {
      this.#running = undefined
      this.#pager = undefined
    }
  }

  /** Tells at once, whether something runs or not. */
  lost(): void {
    const isIdle = this.#running === undefined
    this.tell(
      `${isIdle ? '\n' : ''}The connection to the server is lost. The next statement connects again.\n`,
    )
    if (isIdle && this.#lines !== undefined) this.#ask(this.#lines)
  }

  /** @returns whether somebody answers */
  async #reconnect(): Promise<boolean> {
    try {
      await this.#parts.connection.renew()
      await this.#messages().write(
        'Connected again. Settings, temporary tables and transactions of the session are gone.\n',
      )
      return true
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      await this.#messages().write(`${error.message}\n`)
      return false
    }
  }

  /** Where results go: to the terminal, or to a pager where they are longer than the screen. */
  #results(): Sink {
    const command = this.#state.pager ? this.#pagerCommand : undefined
    const { progress } = this.#parts
    if (command === undefined) return progress.before(streamSink(process.stdout))
    const pager = new Pager({ command, terminal: process.stdout, handOver: () => this.#handOver() })
    this.#pager = pager
    return progress.before(pager)
  }

  /** Leaves keyboard and screen to another program; what is given back takes them again. */
  #handOver(): () => void {
    const { progress, interruption } = this.#parts
    progress.end()
    this.#lines?.pause()
    process.stdin.setRawMode(false)
    const takeBack = interruption.leaveToOthers()
    return () => {
      takeBack()
      process.stdin.setRawMode(true)
      this.#lines?.resume()
    }
  }

  #messages(): Sink {
    const sink = this.#parts.progress.before(streamSink(process.stderr))
    return this.#pager?.besides(sink) ?? sink
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
