/** What the command line asks for. */
import { parseArgs } from 'node:util'
import { UserError } from './user-error.js'

export type Command = 'serve' | 'demo' | 'help' | 'version'

export const usage = `Usage: millrace [command]

Shows live cloud APIs as SQL tables, to any client that speaks to PostgreSQL.

Commands:
  serve  start the server and print the URL to connect to (the default)
  demo   run the article's queries over local stand-ins for the APIs of AWS and
         ipstack, then serve those

Options:
  -h, --help     show this text
  -V, --version  show the version

Environment:
  MILLRACE_HOME  folder for all state (default ~/.millrace; for root
                 /var/lib/millrace)
  MILLRACE_HOST  address to listen at (default 127.0.0.1)
  MILLRACE_PORT  port to listen at (default 9193; 0 for any that is free)
  MILLRACE_LOG   what is logged to standard error: fatal, error, warn (the
                 default), info, debug, trace or silent

Connections are configured in config.json in the home folder. Without it there
are two, aws and ipstack. They take credentials from wherever the tools of AWS
find theirs, and from IPSTACK_TOKEN.
`

/**
 * Reads the arguments after the command's own name.
 * @throws UserError that names the argument which is not understood
 */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args)
  if (values.help) return 'help'
  if (values.version) return 'version'
  const [command = 'serve', surplus] = positionals
  if (command !== 'serve' && command !== 'demo') throw misuse(`there is no command "${command}"`)
  if (surplus !== undefined) throw misuse(`${command} takes no argument "${surplus}"`)
  return command
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'V' },
      },
    })
  } catch (error) {
    // Its messages continue, after the first sentence, with ways to pass operands that this command does not take.
    const [said] = (error instanceof Error ? error.message : String(error)).split('. ')
    throw misuse(`${said?.charAt(0).toLowerCase()}${said?.slice(1)}`)
  }
}

function misuse(message: string): UserError {
  return new UserError(`${message}; see millrace --help`, 2)
}
