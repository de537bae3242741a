/** What the command line asks for. */
import { Argument, Command as Commander, CommanderError } from 'commander'
import { closest, distance } from 'fastest-levenshtein'
import { type Shell, shells } from './completion/scripts.js'
import type { ImportCommandOptions } from './config-command.js'
import { addConnectionCommands, type ConnectionCommand } from './connections/arguments.js'
import { addConsoleCommand, type ConsoleCommand } from './console/arguments.js'
import { addEngineCommands, type EngineCommand } from './engine/arguments.js'
import { addMcpCommand, type McpCommand } from './mcp/arguments.js'
import { addPluginCommands, type PluginCommand } from './plugin-commands/arguments.js'
import type { QueryOptions } from './query/options.js'
import { addQueryCommand } from './query-command.js'
import { addServiceCommands, type ServiceCommand } from './service/arguments.js'
import { UserError } from './user-error.js'
import { addUserCommands, type UserCommand } from './users/arguments.js'

export type Command =
  | { readonly name: 'demo' | 'doctor' | 'version' }
  | ServiceCommand
  | ConnectionCommand
  | PluginCommand
  | UserCommand
  | McpCommand
  | ConsoleCommand
  | EngineCommand
  | { readonly name: 'help'; readonly text: string }
  | { readonly name: 'config import'; readonly options: ImportCommandOptions }
  | { readonly name: 'query'; readonly options: QueryOptions }
  | { readonly name: 'completion'; readonly shell: Shell }

/**
 * Reads the arguments after the command's own name.
 * @throws UserError that names the argument which is not understood
 */
export function parseCommand(args: readonly string[]): Command {
  let help = ''
  let command: Command | undefined
  const program = new Commander('millrace').exitOverride().configureOutput({
    writeOut: (text) => {
      help += text
    },
    writeErr: () => {},
    getOutHelpWidth: () => 80,
  })
  addCommands(program, (chosen) => {
    command = chosen
  })
  try {
    program.parse(withFlagValues(args), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { name: 'help', text: help }
    throw misuse(said(error), program, args)
  }
  if (command === undefined) throw new Error('no command has been chosen')
  return command
}

function addCommands(program: Commander, choose: (command: Command) => void): void {
  program
    .usage('[command] [options]')
    .allowExcessArguments()
    .description('Shows live cloud APIs as SQL tables. Without a command, serves.')
    .option('-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help; after a command, for that command')
    .helpCommand('help [command]', 'show help')
    .addHelpText('after', more)
    .action((options: { readonly version?: boolean }) => {
      const [unknown] = program.args
      if (unknown !== undefined) throw misuse(`there is no command "${unknown}"${meant(unknown, program)}`)
      choose(options.version === true ? { name: 'version' } : { name: 'serve', listening: {} })
    })
  addQueryCommand(program, (options) => choose({ name: 'query', options }))
  addServiceCommands(program, choose)
  addConsoleCommand(program, choose)
  addConnectionCommands(program, choose)
  addPluginCommands(program, choose)
  addUserCommands(program, choose)
  addMcpCommand(program, choose)
  addEngineCommands(program, choose)
  addConfigCommand(program, (options) => choose({ name: 'config import', options }))
  program
    .command('demo')
    .allowExcessArguments(false)
    .description("run the article's queries over stand-ins for the APIs, then serve")
    .action(() => choose({ name: 'demo' }))
  program
    .command('doctor')
    .allowExcessArguments(false)
    .description('look over machine, home, port and connections, and tell what to do')
    .action(() => choose({ name: 'doctor' }))
  program
    .command('completion')
    .allowExcessArguments(false)
    .addArgument(new Argument('<shell>', 'which').choices(shells))
    .description('print a script by which a shell completes this command')
    .addHelpText('after', completionExamples)
    .action((shell: Shell) => choose({ name: 'completion', shell }))
}

function addConfigCommand(program: Commander, choose: (options: ImportCommandOptions) => void): void {
  const config = program
    .command('config')
    .description('the configuration of the home: config import')
    .allowExcessArguments()
    .action(() => {
      const [unknown] = config.args
      throw misuse(unknown === undefined ? 'config takes import' : `there is no command "config ${unknown}"`)
    })
  config
    .command('import')
    .argument('[folder]', "Steampipe's folder (default: STEAMPIPE_INSTALL_DIR, else ~/.steampipe)")
    .allowExcessArguments(false)
    .description("take over Steampipe's connections, plugins and options")
    .option('--dry-run', 'tell what would be done, and do nothing')
    .option('--force', 'overwrite files of the home')
    .option('--copy-secrets', 'copy access keys and tokens, too')
    .action((folder: string | undefined, given: Partial<Omit<ImportCommandOptions, 'folder'>>) =>
      choose({
        folder,
        dryRun: given.dryRun ?? false,
        force: given.force ?? false,
        copySecrets: given.copySecrets ?? false,
      }),
    )
}

/** The program with all its commands, none of which does anything. */
export function describedProgram(): Commander {
  const program = new Commander('millrace')
  addCommands(program, () => {})
  return program
}

const completionExamples = `
Examples:
  eval "$(millrace completion bash)"                  # in ~/.bashrc
  eval "$(millrace completion zsh)"                   # in ~/.zshrc, behind compinit
  millrace completion fish | source                   # in config.fish
`

const more = `
Examples:
  millrace query "select name, region from aws_cloudtrail_trail"
  millrace query report.sql --output csv > report.csv
  millrace demo          # no credentials needed
  millrace service start # serve in the background, for psql and other clients
  millrace               # the same in the foreground

Environment:
  MILLRACE_HOME  folder for all state (default ~/.millrace; for root
                 /var/lib/millrace)
  MILLRACE_HOST  address to listen at (default 127.0.0.1)
  MILLRACE_PORT  port to listen at (default 9193; 0 for any that is free)
  MILLRACE_LOG   what is logged to standard error: fatal, error, warn (the
                 default), info, debug, trace or silent

Connections are configured in files of the home folder: config.json, and
config/*.yaml or config/*.spc (Steampipe's). Without any there is one each
of aws, ipstack, net, abuseipdb, shodan. They take credentials from wherever the
tools of AWS find theirs, and from IPSTACK_TOKEN, ABUSEIPDB_API_KEY and
SHODAN_API_KEY.

Exit status: 0 done, 1 failed, 2 a wrong argument or setting, 3 no server to
ask, 130 interrupted.
`

/** Steampipe's spelling of flags: `--header=false`, `--timing=on`, `--timing=verbose`. */
function withFlagValues(args: readonly string[]): string[] {
  const end = args.indexOf('--')
  return args.flatMap((argument, index) => {
    const [, flag, value] =
      /^--(header|timing|explain|pager)=(true|on|false|off|verbose)$/.exec(argument) ?? []
    if (flag === undefined || (end >= 0 && index > end)) return [argument]
    if (value === 'verbose') return flag === 'timing' ? ['--timing-verbose'] : [argument]
    const isNegative = flag === 'header' || flag === 'pager'
    if (value === 'true' || value === 'on') return flag === 'pager' ? [] : [`--${flag}`]
    return isNegative ? [`--no-${flag}`] : []
  })
}

/** Commander's words, in one line. */
function said({ message }: CommanderError): string {
  return message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\)$/, ' (did you mean $1)')
    .replace(/\.$/, '')
}

function meant(word: string, program: Commander): string {
  const near = closest(
    word,
    program.commands.map((each) => each.name()),
  )
  return distance(word, near) <= 2 ? ` (did you mean "${near}"?)` : ''
}

function misuse(message: string, program?: Commander, args: readonly string[] = []): UserError {
  const command = program?.commands.find((each) => each.name() === args[0])
  const which = command === undefined ? 'millrace' : `millrace ${command.name()}`
  return new UserError(`${message}; see ${which} --help`, 2)
}
