/** What the command line asks for. */
import { Command as Commander, CommanderError } from 'commander'
import { closest, distance } from 'fastest-levenshtein'
import type { ImportCommandOptions } from './config-command.js'
import type { QueryOptions } from './query/options.js'
import { addQueryCommand } from './query-command.js'
import { UserError } from './user-error.js'

export type Command =
  | { readonly name: 'serve' | 'demo' | 'version' | 'service status' | 'service stop' }
  | { readonly name: 'help'; readonly text: string }
  | { readonly name: 'config import'; readonly options: ImportCommandOptions }
  | { readonly name: 'query'; readonly options: QueryOptions }

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
      choose({ name: options.version === true ? 'version' : 'serve' })
    })
  addQueryCommand(program, (options) => choose({ name: 'query', options }))
  program
    .command('serve')
    .allowExcessArguments(false)
    .description('start the server and print the URL to connect to (the default)')
    .action(() => choose({ name: 'serve' }))
  const service = program
    .command('service')
    .description("the home's server: service start, status or stop")
    .allowExcessArguments()
    .action(() => {
      const [unknown] = service.args
      throw misuse(
        unknown === undefined
          ? 'service takes start, status or stop'
          : `there is no command "service ${unknown}"`,
      )
    })
  service
    .command('start')
    .allowExcessArguments(false)
    .description('start the server, as serve does')
    .action(() => choose({ name: 'serve' }))
  service
    .command('status')
    .allowExcessArguments(false)
    .description('tell where it listens; exit status 3 if it does not run')
    .action(() => choose({ name: 'service status' }))
  service
    .command('stop')
    .allowExcessArguments(false)
    .description('stop it, and wait until it has ended')
    .action(() => choose({ name: 'service stop' }))
  addConfigCommand(program, (options) => choose({ name: 'config import', options }))
  program
    .command('demo')
    .allowExcessArguments(false)
    .description("run the article's queries over stand-ins for the APIs, then serve")
    .action(() => choose({ name: 'demo' }))
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

const more = `
Examples:
  millrace query "select name, region from aws_cloudtrail_trail"
  millrace query report.sql --output csv > report.csv
  millrace demo          # no credentials needed
  millrace               # serve, for psql and every other client

Environment:
  MILLRACE_HOME  folder for all state (default ~/.millrace; for root
                 /var/lib/millrace)
  MILLRACE_HOST  address to listen at (default 127.0.0.1)
  MILLRACE_PORT  port to listen at (default 9193; 0 for any that is free)
  MILLRACE_LOG   what is logged to standard error: fatal, error, warn (the
                 default), info, debug, trace or silent

Connections are configured in files of the home folder: config.json, and
config/*.yaml or config/*.spc (Steampipe's). Without any there are two, aws and
ipstack. They take credentials from wherever the tools of AWS
find theirs, and from IPSTACK_TOKEN.

Exit status: 0 done, 1 failed, 2 a wrong argument or setting, 3 no server to
ask, 130 interrupted.
`

/** Steampipe's spelling of flags: `--header=false`, `--timing=on`. */
function withFlagValues(args: readonly string[]): string[] {
  const end = args.indexOf('--')
  return args.flatMap((argument, index) => {
    const [, flag, value] = /^--(header|timing|explain)=(true|on|false|off)$/.exec(argument) ?? []
    if (flag === undefined || (end >= 0 && index > end)) return [argument]
    if (value === 'true' || value === 'on') return [`--${flag}`]
    return flag === 'header' ? ['--no-header'] : []
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
