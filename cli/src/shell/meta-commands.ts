/** Commands of the shell itself: Steampipe's, which begin with a dot, and those of psql that hands type. */
import { readFile } from 'node:fs/promises'
import { closest, distance } from 'fastest-levenshtein'
import { formats } from '../output/format-names.js'
import { timings } from '../query/timing.js'
import { catalogQueries } from './catalog-queries.js'
import type { ShellState } from './shell-state.js'

export interface MetaContext {
  readonly state: ShellState
  /** Whether the server is one that knows connections. */
  readonly isMillrace: boolean
  /** Shows a line or more. */
  print(text: string): Promise<void>
  /** Runs SQL as if it were typed; `:name` is bound to the variables. */
  run(sql: string, variables?: Readonly<Record<string, string>>): Promise<void>
  clearScreen(): void
}

interface MetaCommand {
  readonly names: readonly string[]
  readonly argument?: string
  readonly summary: string
  /** @throws MetaMisuse for an argument that makes no sense */
  run(argument: string, context: MetaContext): Promise<void>
}

/** What is shown instead of a result, and harms nothing. */
export class MetaMisuse extends Error {
  override readonly name = 'MetaMisuse'
}

const commands: readonly MetaCommand[] = [
  {
    names: ['.help', '\\?'],
    summary: 'this list',
    run: (_argument, { print }) => print(help()),
  },
  {
    names: ['.tables', '\\dt'],
    argument: '[connection]',
    summary: 'tables, of all connections or of one',
    run: (schema, { run }) => run(catalogQueries.tables, { schema }),
  },
  {
    names: ['.inspect', '\\d', '\\d+'],
    argument: '[name]',
    summary: 'columns of a table, or tables of a connection',
    run: (name, { run }) =>
      name === '' ? run(catalogQueries.tables, { schema: '' }) : run(catalogQueries.inspect, nameParts(name)),
  },
  {
    names: ['.connections', '\\dn'],
    summary: 'connections, whether they can be asked, and how many tables each has',
    run: (_argument, { run, isMillrace }) =>
      run(isMillrace ? catalogQueries.connections : catalogQueries.schemas),
  },
  {
    names: ['.output'],
    argument: `[${formats.join('|')}]`,
    summary: 'how results are printed',
    run: async (name, { state, print }) => {
      if (name === '') return print(`output is ${state.format}\n`)
      const format = formats.find((each) => each === name)
      if (format === undefined) throw new MetaMisuse(`.output takes ${formats.join(', ')}`)
      state.format = format
    },
  },
  {
    names: ['\\x'],
    summary: 'records one below another, or a table again',
    run: async (_argument, { state, print }) => {
      state.format = state.format === 'line' ? 'table' : 'line'
      await print(`output is ${state.format}\n`)
    },
  },
  {
    names: ['.timing', '\\timing'],
    argument: '[on|off|verbose]',
    summary: 'time, rows and API calls behind each statement; verbose: of each scan',
    run: async (argument, { state, print }) => {
      if (argument === '') return print(`timing is ${state.timing}\n`)
      const timing = timings.find((each) => each === argument)
      if (timing === undefined) throw new MetaMisuse(`.timing takes ${timings.join(', ')}`)
      state.timing = timing
    },
  },
  {
    names: ['.pager'],
    argument: '[on|off]',
    summary: 'whether results longer than the screen go to a pager',
    run: (argument, context) => toggle('pager', argument, context),
  },
  {
    names: ['.header'],
    argument: '[on|off]',
    summary: "the columns' names above results",
    run: (argument, context) => toggle('header', argument, context),
  },
  {
    names: ['.separator'],
    argument: '[character]',
    summary: 'between the values of CSV',
    run: async (argument, { state, print }) => {
      if (argument === '')
        return print(`separator is ${state.separator === '\t' ? '\\t' : state.separator}\n`)
      const separator = argument === '\\t' ? '\t' : argument
      if (!/^[\x20-\x7e\t]$/.test(separator) || separator === '"') {
        throw new MetaMisuse('.separator takes one character, such as , or \\t')
      }
      state.separator = separator
    },
  },
  {
    names: ['.multi'],
    argument: '[on|off]',
    summary: 'whether statements go on until a semicolon',
    run: (argument, context) => toggle('multi', argument, context),
  },
  {
    names: ['.search_path'],
    argument: '[schemas]',
    summary: 'schemas that tables are looked for in',
    run: (path, { run }) =>
      path === '' ? run('show search_path') : run(catalogQueries.setPath, { path: quotedPath(path) }),
  },
  {
    names: ['.search_path_prefix'],
    argument: 'schemas',
    summary: 'schemas to look through before the others',
    run: (path, { run }) => {
      if (path === '') throw new MetaMisuse('.search_path_prefix takes names of schemas with commas')
      return run(catalogQueries.prefixPath, { path: quotedPath(path) })
    },
  },
  {
    names: ['.cache'],
    argument: '[on|off|clear]',
    summary: 'answer from rows that are kept, or ask again; forget them all',
    run: async (argument, { run }) => {
      const sql = new Map([
        ['', 'show millrace.cache_ttl'],
        ['on', 'reset millrace.cache_ttl'],
        ['off', 'set millrace.cache_ttl = 0'],
        ['clear', 'select millrace.cache_clear()'],
      ]).get(argument)
      if (sql === undefined) throw new MetaMisuse('.cache takes on, off or clear')
      await run(sql)
    },
  },
  {
    names: ['.cache_ttl'],
    argument: '[seconds]',
    summary: 'how old rows may be that answer',
    run: (argument, { run }) => {
      if (argument === '') return run('show millrace.cache_ttl')
      if (!/^\d{1,9}$/.test(argument)) throw new MetaMisuse('.cache_ttl takes a number of seconds')
      return run(`set millrace.cache_ttl = ${argument}`)
    },
  },
  {
    names: ['\\i'],
    argument: 'file',
    summary: 'run the statements of a file',
    run: async (file, { run }) => {
      const sql = await readFile(file, 'utf8').catch((error: unknown) => {
        throw new MetaMisuse(`${file} cannot be read: ${Object(error).code ?? error}`)
      })
      await run(sql.replace(/^\ufeff/, ''))
    },
  },
  {
    names: ['.clear'],
    summary: 'clear the screen',
    run: async (_argument, { clearScreen }) => clearScreen(),
  },
  {
    names: ['.exit', '.quit', '\\q'],
    summary: 'leave, as Ctrl-D does',
    run: async (_argument, { state }) => {
      state.ended = true
    },
  },
]

export const metaCommandNames: readonly string[] = commands.flatMap(({ names }) => names)

/** Whether a line, typed where a statement would begin, is for the shell. */
export function isMetaCommand(line: string): boolean {
  return /^\s*(?:\.[A-Za-z]|\\)/.test(line)
}

/** @throws MetaMisuse where there is no such command, or its argument makes no sense */
export async function runMetaCommand(line: string, context: MetaContext): Promise<void> {
  const [, name, rest = ''] = /^\s*([^\s;]+)(.*)$/.exec(line) ?? []
  // Hands end with a semicolon what needs none; alone, it is an argument.
  const argument = rest.trim().replace(/(?<=\S)\s*;$/, '')
  const command = commands.find(({ names }) => names.includes(name ?? ''))
  if (command !== undefined) return command.run(rest === ';' ? '' : argument, context)
  const near = closest(name ?? '', [...metaCommandNames])
  const meant = distance(name ?? '', near) <= 2 ? `; did you mean ${near}?` : '; .help lists them'
  throw new MetaMisuse(`there is no ${name}${meant}`)
}

async function toggle(
  name: 'pager' | 'header' | 'multi',
  argument: string,
  { state, print }: MetaContext,
): Promise<void> {
  if (!/^(?:on|off|)$/.test(argument)) throw new MetaMisuse(`.${name} takes on or off`)
  if (argument !== '') state[name] = argument === 'on'
  else await print(`${name} is ${state[name] ? 'on' : 'off'}\n`)
}

function nameParts(name: string): { readonly schema: string; readonly table: string } {
  const [first = '', second] = name.split('.')
  return second === undefined ? { schema: '', table: first } : { schema: first, table: second }
}

function quotedPath(path: string): string {
  const names = path.split(',').map((name) => name.trim())
  if (names.some((name) => name === '')) throw new MetaMisuse('names of schemas stand with commas between')
  return names.map((name) => `"${name.replaceAll('"', '""')}"`).join(', ')
}

function help(): string {
  const lines = commands.map(({ names, argument, summary }) => {
    const head = `${names.join(', ')}${argument === undefined ? '' : ` ${argument}`}`
    return head.length > 30 ? `${head}\n${' '.repeat(32)}${summary}` : `${head.padEnd(32)}${summary}`
  })
  return `Statements end with a semicolon. Ctrl-C cancels one, Ctrl-D leaves, Tab completes.\n\n${lines.join('\n')}\n`
}
