/** The arguments of `millrace connection`. */
import { type Command, Option } from 'commander'
import { type Format, formats } from '../output/format-names.js'
import { UserError } from '../user-error.js'

export type ConnectionCommand =
  | { readonly name: 'connection list'; readonly output: Format }
  /** @property names none for all */
  | { readonly name: 'connection test'; readonly names: readonly string[] }

export function addConnectionCommands(program: Command, choose: (command: ConnectionCommand) => void): void {
  const connection = program
    .command('connection')
    .description('the connections of the configuration: list, test')
    .allowExcessArguments()
    .action(() => {
      const [unknown] = connection.args
      const fault =
        unknown === undefined
          ? 'connection takes list or test'
          : `there is no command "connection ${unknown}"`
      throw new UserError(`${fault}; see millrace connection --help`, 2)
    })
  connection
    .command('list')
    .allowExcessArguments(false)
    .addOption(new Option('-o, --output <format>', 'how it is printed').choices(formats).default('table'))
    .description('list them, and what is wrong with their settings; asks nobody')
    .action(({ output }: { readonly output: Format }) => choose({ name: 'connection list', output }))
  connection
    .command('test')
    .argument('[names...]', 'of connections; none for all')
    .description('make a cheap call for each, and tell what works and what is missing')
    .action((names: readonly string[]) => choose({ name: 'connection test', names }))
}
