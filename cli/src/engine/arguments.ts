/** The arguments of `millrace engine`. */
import type { Command } from 'commander'
import { addCommandGroup } from '../command-group.js'

export type EngineCommand =
  | { readonly name: 'engine setup' }
  | { readonly name: 'engine remove'; readonly yes: boolean }

/** Adds the commands to the program. */
export function addEngineCommands(program: Command, choose: (command: EngineCommand) => void): void {
  const engine = addCommandGroup(program, 'engine', 'a PostgreSQL of your own (engine.url)', [
    'setup',
    'remove',
  ])
  engine
    .command('setup')
    .allowExcessArguments(false)
    .requiredOption('--print-sql', 'print the statements; a start runs those that need no administrator')
    .description('what Millrace needs there, and what it makes there')
    .action(() => choose({ name: 'engine setup' }))
  engine
    .command('remove')
    .allowExcessArguments(false)
    .option('-y, --yes', 'without asking')
    .description('take away all that Millrace has made there')
    .action(({ yes = false }: { readonly yes?: boolean }) => choose({ name: 'engine remove', yes }))
}
