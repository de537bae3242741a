/** The arguments of `millrace connection`. */
import { type Command, Option } from 'commander'
import { addCommandGroup } from '../command-group.js'
import { type Format, formats } from '../output/format-names.js'
import type { AddOptions } from './add-connection.js'

export type ConnectionCommand =
  | { readonly name: 'connection list'; readonly output: Format }
  /** @property names none for all */
  | { readonly name: 'connection test'; readonly names: readonly string[] }
  | { readonly name: 'connection add'; readonly options: AddOptions }

export function addConnectionCommands(program: Command, choose: (command: ConnectionCommand) => void): void {
  const connection = addCommandGroup(program, 'connection', 'the connections of the configuration', [
    'list',
    'test',
    'add',
  ])
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
  const collect = (text: string, before: readonly string[]) => [...before, text]
  connection
    .command('add')
    .argument('[name]', 'of the new connection, and of its schema')
    .allowExcessArguments(false)
    .option('-p, --plugin <plugin>', 'as a connection names it')
    .option('--set <setting=value>', 'a setting; may be given several times', collect, [])
    .option('--set-from <setting=VARIABLE>', 'a setting with a value from the environment', collect, [])
    .option('--no-test', 'do not try whether it works')
    .description('write a new connection into the configuration; on a terminal, asks for the rest')
    .addHelpText('after', addExamples)
    .action((name: string | undefined, { plugin, set, setFrom, test }: Omit<AddOptions, 'connection'>) =>
      choose({ name: 'connection add', options: { connection: name, plugin, set, setFrom, test } }),
    )
}

const addExamples = `
Examples:
  millrace connection add
  millrace connection add aws_audit --plugin aws --set profile=audit --set 'regions=us-east-1,eu-*'
  millrace connection add ipstack --plugin ipstack --set-from token=IPSTACK_TOKEN`
