/** What a plugin writes to its standard error: its log, and the errors that its answers may lose. */

/** The most lines that are remembered, to say what a plugin's last words were. */
const mostLastWords = 20
/** The longest line that is kept, in characters. */
const longestLine = 4_000
/** The most lost errors that are remembered; each belongs to a call that is about to end. */
const mostErrors = 1_000

export type PluginLogLevel = 'error' | 'warn' | 'info' | 'debug'

export interface PluginLogLine {
  readonly level: PluginLogLevel
  readonly text: string
}

const levels: Readonly<Record<string, PluginLogLevel>> = {
  ERROR: 'error',
  WARN: 'warn',
  INFO: 'info',
  DEBUG: 'debug',
  TRACE: 'debug',
}

/**
 * A line of the log: `[WARN]  <call>: text`, or JSON with `@level` and `@message`. Others, such as those of a panic,
 * are warnings as they stand.
 */
export function readLogLine(line: string): PluginLogLine {
  const json = line.startsWith('{') ? readJsonLine(line) : undefined
  if (json !== undefined) return json
  const [, level = '', text = ''] = /\[(ERROR|WARN|INFO|DEBUG|TRACE)\]\s*(.*)/s.exec(line) ?? []
  return { level: levels[level] ?? 'warn', text: text === '' ? line : text }
}

function readJsonLine(line: string): PluginLogLine | undefined {
  try {
    const found: unknown = JSON.parse(line)
    const { '@level': level, '@message': message } = Object(found)
    if (typeof message !== 'string') return undefined
    return { level: levels[String(level).toUpperCase()] ?? 'warn', text: message }
  } catch {
    return undefined
  }
}

/** What a terminal or PostgreSQL's protocol would trip over. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u0008\u000b-\u001f\u007f]/g

/** `QueryData StreamError <text> (<connection>-<call id>)`, which the SDK logs as it hands an error over. */
const streamError = /QueryData StreamError (.*) \((.*)\)\s*$/s

export class PluginLog {
  readonly #onLine: (line: PluginLogLine) => void
  readonly #lastWords: string[] = []
  /** The errors of calls, by connection and call, as the log names them. */
  readonly #errors = new Map<string, string>()
  #rest = ''

  constructor(onLine: (line: PluginLogLine) => void) {
    this.#onLine = onLine
  }

  /** Takes what was written, in whatever pieces. */
  take(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = (lines.pop() ?? '').slice(0, longestLine)
    for (const line of lines) this.#line(line.slice(0, longestLine).replaceAll(control, ' '))
  }

  /** The last lines, oldest first. */
  get lastWords(): readonly string[] {
    return this.#rest === '' ? this.#lastWords : [...this.#lastWords, this.#rest]
  }

  /** The error of a call, if the log has told of one; it is forgotten. */
  takeError(connection: string, callId: string): string | undefined {
    const name = `${connection}-${callId}`
    const error = this.#errors.get(name)
    this.#errors.delete(name)
    return error
  }

  #line(line: string): void {
    if (line.trim() === '') return
    this.#lastWords.push(line)
    if (this.#lastWords.length > mostLastWords) this.#lastWords.shift()
    const [, text = '', call = ''] = streamError.exec(line) ?? []
    if (call !== '') {
      this.#errors.set(call, text.replaceAll('\\n', '\n'))
      const [oldest] = this.#errors.keys()
      if (this.#errors.size > mostErrors && oldest !== undefined) this.#errors.delete(oldest)
    }
    this.#onLine(readLogLine(line))
  }
}
