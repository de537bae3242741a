/** The arguments of `millrace mcp`. */
import { type Command, InvalidArgumentError } from 'commander'
import type { Ceilings } from './ceilings.js'

export interface McpOptions {
  /** The port to listen at for HTTP, on 127.0.0.1; undefined for standard input and output. */
  readonly http: number | undefined
  readonly ceilings: Ceilings
}

export interface McpCommand {
  readonly name: 'mcp'
  readonly options: McpOptions
}

interface Given {
  readonly http?: number
  readonly maxCalls: number
  readonly maxRows: number
  readonly maxSeconds: number
}

export function addMcpCommand(program: Command, choose: (command: McpCommand) => void): void {
  program
    .command('mcp')
    .allowExcessArguments(false)
    .description('serve tables to language models, read-only (Model Context Protocol)')
    .option('--max-calls <number>', 'API calls that a statement may make', numberUpTo(1_000_000), 100)
    .option('--max-rows <number>', 'rows that a statement may return', numberUpTo(100_000), 200)
    .option('--max-seconds <number>', 'time that a statement may take', numberUpTo(86_400, 1), 60)
    .option('--http <port>', 'serve by HTTP on 127.0.0.1 instead', numberUpTo(65_535))
    .addHelpText('after', more)
    .action(({ http, maxCalls: calls, maxRows: rows, maxSeconds: seconds }: Given) =>
      choose({ name: 'mcp', options: { http, ceilings: { calls, rows, seconds } } }),
    )
}

function numberUpTo(most: number, least = 0): (argument: string) => number {
  return (argument) => {
    const number = Number(argument)
    if (!/^\d+$/.test(argument) || number < least || number > most) {
      throw new InvalidArgumentError(`It has to be a whole number from ${least} to ${most}.`)
    }
    return number
  }
}

const more = `
Examples:
  claude mcp add millrace -- millrace mcp
  millrace mcp --max-calls 20 --max-rows 50

A program that speaks the protocol starts it, and asks. Statements run in a
read-only transaction of a role that may not write; callers cannot raise the
ceilings. By HTTP, a caller needs the home's password as its bearer token.
`
