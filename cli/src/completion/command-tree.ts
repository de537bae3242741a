/** The command line as completion sees it: commands, and what may stand behind each. */
import type { Command } from 'commander'

export interface OptionNode {
  /** As they are typed: `-o`, `--output`. */
  readonly names: readonly string[]
  readonly description: string
  readonly takesValue: boolean
  /** The values that it takes; empty where these are not known. */
  readonly choices: readonly string[]
}

export interface CommandNode {
  /** The words from the program's name on; none for the program itself. */
  readonly path: readonly string[]
  readonly description: string
  readonly commands: readonly CommandNode[]
  readonly options: readonly OptionNode[]
  /** The values of its first argument, where these are known. */
  readonly choices: readonly string[]
  readonly takesArguments: boolean
}

export function commandTree(command: Command, path: readonly string[] = []): CommandNode {
  const help = command.createHelp()
  return {
    path,
    description: help.subcommandDescription(command),
    commands: help.visibleCommands(command).map((each) => commandTree(each, [...path, each.name()])),
    options: help
      .visibleOptions(command)
      .map(({ short, long, description, required, optional, argChoices }) => ({
        names: [short, long].flatMap((name) => name ?? []),
        description: description.split('\n').join(' '),
        takesValue: required || optional,
        choices: argChoices ?? [],
      })),
    choices: command.registeredArguments[0]?.argChoices ?? [],
    takesArguments: command.registeredArguments.length > 0,
  }
}

/** A command and all below it. */
export function allCommands(root: CommandNode): CommandNode[] {
  return [root, ...root.commands.flatMap(allCommands)]
}

/** The words that may stand behind a command, options last. */
export function wordsBehind({ commands, choices, options }: CommandNode): string[] {
  const names = options.flatMap(({ names }) => names).filter((name) => name.startsWith('--'))
  return [...commands.map(({ path }) => path.at(-1) ?? ''), ...choices, ...names]
}
