/** The arguments of `millrace serve` and `millrace service`. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { addCommandGroup } from '../command-group.js'
import type { Listening } from './listening.js'

export type ServiceCommand =
  | { readonly name: 'serve' | 'service start'; readonly listening: Listening }
  | {
      readonly name: 'service restart'
      readonly listening: Listening
      readonly timeout: number | undefined
    }
  | { readonly name: 'service status'; readonly all: boolean; readonly showPassword: boolean }
  | { readonly name: 'service stop'; readonly timeout: number | undefined }

/** Adds the commands to the program. */
export function addServiceCommands(program: Command, choose: (command: ServiceCommand) => void): void {
  withListening(program.command('serve'))
    .description('start the server in the foreground and print its URL (the default)')
    .action((listening: Listening) => choose({ name: 'serve', listening }))
  const service = addCommandGroup(program, 'service', "the home's server in the background", [
    'start',
    'stop',
    'restart',
    'status',
  ])
  withListening(service.command('start'))
    .option('--foreground', 'stay in the foreground until Ctrl-C, as serve does')
    .description('start it, and print the URL once it answers')
    .addHelpText('after', startExamples)
    .action(({ foreground, ...listening }: Listening & { readonly foreground?: boolean }) =>
      choose({ name: foreground === true ? 'serve' : 'service start', listening }),
    )
  withTimeout(withListening(service.command('restart')))
    .description('stop it and start it; it listens where it was told to before')
    .action(({ timeout, ...listening }: Listening & Timeout) =>
      choose({ name: 'service restart', listening, timeout }),
    )
  withTimeout(service.command('stop'))
    .allowExcessArguments(false)
    .option('--force', 'the same as --timeout 0')
    .description('stop it, and wait until it has ended')
    .action(({ timeout, force }: Timeout & { readonly force?: boolean }) =>
      choose({ name: 'service stop', timeout: force === true ? 0 : timeout }),
    )
  service
    .command('status')
    .allowExcessArguments(false)
    .option('--all', 'all services of this machine')
    .option('--show-password', 'show the URL with the password')
    .description('tell where it listens; exit status 3 if it does not run')
    .action(({ all = false, showPassword = false }: { all?: boolean; showPassword?: boolean }) =>
      choose({ name: 'service status', all, showPassword }),
    )
}

const startExamples = `
Examples:
  millrace service start
  millrace service start --port 9194 --listen network
  MILLRACE_HOME=~/other millrace service start --port 0     # any free port

It writes to service.log in the home. Where a service runs already, its URL is
printed.
`

interface Timeout {
  readonly timeout?: number | undefined
}

function withTimeout(command: Command): Command {
  return command.option(
    '--timeout <seconds>',
    'seconds that statements may still run, where the setting shutdown.grace_seconds allows more',
    parseSeconds,
  )
}

function parseSeconds(argument: string): number {
  if (!/^\d{1,6}(?:\.\d{1,3})?$/.test(argument))
    throw new InvalidArgumentError('It has to be a number of seconds.')
  return Number(argument)
}

function withListening(command: Command): Command {
  return command
    .allowExcessArguments(false)
    .addOption(
      new Option('--listen <who>', 'local for this machine only, network for all its addresses').choices([
        'local',
        'network',
      ]),
    )
    .option('--port <number>', 'port to listen at; 0 for any that is free', parsePort)
}

function parsePort(argument: string): number {
  const port = Number(argument)
  if (!/^\d{1,5}$/.test(argument) || port > 65_535) {
    throw new InvalidArgumentError('It has to be a number from 0 to 65535.')
  }
  return port
}
