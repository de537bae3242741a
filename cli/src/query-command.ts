/** The arguments of `millrace query`. */
import { extname } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type FileFormat, type Format, formats } from './output/format-names.js'
import type { ExportTarget, QueryOptions } from './query/options.js'
import { parseVariable } from './sql/variables.js'

/** As commander gives them. */
interface Given {
  readonly output?: Format
  readonly export?: readonly ExportTarget[]
  readonly header?: boolean
  readonly separator: string
  readonly timing?: boolean
  readonly timingVerbose?: boolean
  readonly pager?: boolean
  readonly explain?: boolean
  readonly var?: ReadonlyMap<string, string>
  readonly database?: string
  readonly searchPath?: readonly string[]
  readonly searchPathPrefix?: readonly string[]
  readonly queryTimeout?: number
}

/** Adds the command to the program. */
export function addQueryCommand(program: Command, choose: (options: QueryOptions) => void): void {
  program
    .command('query')
    .description('run SQL and print what comes; without any, on a terminal, a shell')
    .argument('[sql...]', 'SQL, the name of a .sql file, or - for standard input')
    .addOption(
      new Option('-o, --output <format>', 'how results are printed (default: table)').choices(formats),
    )
    .addOption(
      new Option(
        '--export <file>',
        'write the result to a file: .csv, .json, .jsonl, .md or .parquet; may be repeated',
      ).argParser(addExport),
    )
    .option('--header', "begin with the columns' names (the default)")
    .option('--no-header', 'leave out the names, and the number of rows')
    .addOption(
      new Option('--separator <character>', 'between the values of CSV')
        .argParser(parseSeparator)
        .default(',', 'a comma'),
    )
    .addOption(
      new Option('--var <name=value>', 'a value for :name or $name; may be repeated').argParser(addVariable),
    )
    .option(
      '--timing',
      'tell time, rows and API calls of each statement;\n--timing=verbose those of each scan',
    )
    .addOption(new Option('--timing-verbose').hideHelp())
    .option('--no-pager', 'print long results on a terminal without a pager')
    .option('--explain', 'show what would be asked, and ask nothing')
    .addOption(timeoutOption())
    .option('--search-path <schemas>', 'schemas to find tables in, with commas', parseSchemas)
    .addOption(
      new Option('--search-path-prefix <schemas>', 'schemas to look through first').argParser(parseSchemas),
    )
    .option('--database <url>', "ask this server: postgres://… (default: the home's)")
    .addHelpText('after', examples)
    .action((inputs: readonly string[], given: Given) => {
      choose({
        inputs,
        output: given.output,
        exports: given.export ?? [],
        header: given.header ?? true,
        separator: given.separator,
        timing: given.timingVerbose === true ? 'verbose' : given.timing === true ? 'on' : 'off',
        pager: given.pager ?? true,
        explain: given.explain ?? false,
        variables: given.var ?? new Map(),
        database: given.database,
        searchPath: given.searchPath,
        searchPathPrefix: given.searchPathPrefix ?? [],
        timeout: given.queryTimeout,
      })
    })
}

const examples = `
Examples:
  millrace query "select name, region from aws_cloudtrail_trail"
  millrace query "select * from ipstack_ip where ip = :ip" --var ip=8.8.8.8
  millrace query report.sql --output json | jq .rows
  millrace query --export trails.csv "select * from aws_cloudtrail_trail"
  millrace query --explain report.sql
  echo "select 1" | millrace query
  millrace query                 # a shell, on a terminal

Asks the service of the home where one runs, else starts an engine for itself
and stops it at the end. The first statement that fails is the last.

Exit status: 0 done, 1 a statement failed, 2 a wrong argument, 3 no server to
ask, 130 interrupted.
`

const exportFormats: ReadonlyMap<string, FileFormat> = new Map([
  ['.csv', 'csv'],
  ['.json', 'json'],
  ['.jsonl', 'jsonl'],
  ['.md', 'markdown'],
  ['.parquet', 'parquet'],
])

function addExport(path: string, previous: readonly ExportTarget[] = []): ExportTarget[] {
  const format = exportFormats.get(extname(path).toLowerCase())
  if (format === undefined) {
    throw new InvalidArgumentError(`Its name has to end in one of ${[...exportFormats.keys()].join(', ')}.`)
  }
  return [...previous, { path, format }]
}

function addVariable(
  argument: string,
  previous: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const [name, value] = parseVariable(argument)
  return new Map([...previous, [name, value]])
}

/** One character, as COPY takes it; `\t` for a tab, which shells do not make easy. */
function parseSeparator(argument: string): string {
  const separator = argument === '\\t' ? '\t' : argument
  if (!/^[\x20-\x7e\t]$/.test(separator) || separator === '"') {
    throw new InvalidArgumentError('It has to be one character, such as ; or \\t.')
  }
  return separator
}

/** Steampipe's variable is read where Millrace's own is not set; an empty one counts as none. */
function timeoutOption(): Option {
  const option = new Option('--query-timeout <seconds>', 'end a statement that takes longer')
  const variable = ['MILLRACE_QUERY_TIMEOUT', 'STEAMPIPE_QUERY_TIMEOUT'].find((name) => process.env[name])
  return (variable === undefined ? option : option.env(variable)).argParser(parseTimeout)
}

/** The most that PostgreSQL takes, in seconds. */
const longestTimeout = 2_147_483

function parseTimeout(argument: string): number {
  const seconds = Number(argument)
  if (argument.trim() === '' || !(seconds >= 0.001 && seconds <= longestTimeout)) {
    throw new InvalidArgumentError('It has to be a number of seconds.')
  }
  return seconds
}

function parseSchemas(argument: string): string[] {
  const names = argument.split(',').map((name) => name.trim())
  if (names.some((name) => name === '')) throw new InvalidArgumentError('It has to be names with commas.')
  return names
}
