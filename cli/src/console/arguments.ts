/** The arguments of `millrace console`. */
import { type Command, InvalidArgumentError } from 'commander'

export interface ConsoleCommandOptions {
  /** The port to listen at on 127.0.0.1; undefined for any that is free, or that of the service's own console. */
  readonly port: number | undefined
  /** Whether a browser is started. */
  readonly open: boolean
  /** Whether statements may write. */
  readonly writes: boolean
}

export interface ConsoleCommand {
  readonly name: 'console'
  readonly options: ConsoleCommandOptions
}

interface Given {
  readonly port?: number
  readonly open: boolean
  readonly write?: boolean
}

export function addConsoleCommand(program: Command, choose: (command: ConsoleCommand) => void): void {
  program
    .command('console')
    .allowExcessArguments(false)
    .description('open a page in the browser that asks, and draws what comes')
    .option('--port <number>', 'port of 127.0.0.1 to serve the page at (default: any)', port)
    .option('--no-open', 'print the URL, and open no browser')
    .option('--write', 'let statements write; without it, their transactions are read-only')
    .addHelpText('after', more)
    .action(({ port: at, open, write }: Given) =>
      choose({ name: 'console', options: { port: at, open, writes: write ?? false } }),
    )
}

function port(argument: string): number {
  const number = Number(argument)
  if (!/^\d{1,5}$/.test(argument) || number > 65_535) {
    throw new InvalidArgumentError('It has to be a number from 0 to 65535.')
  }
  return number
}

const more = `
Asks the service of the home where one runs, else starts an engine for itself.
Where that service has a console ("console": true), it is that which is opened.
The URL that is printed lets one browser in, once, within a minute. Ctrl-C ends
the console.
`
