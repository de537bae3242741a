/** The arguments of `millrace user`. */
import { type Command, Option } from 'commander'
import { addCommandGroup } from '../command-group.js'
import { type Format, formats } from '../output/format-names.js'

export interface AddUserOptions {
  readonly user: string
  /** Patterns of connections, with commas between. */
  readonly connections: string | undefined
  readonly certificateCn: string | undefined
  readonly certificateSan: string | undefined
  /** The variable of the environment that holds the password, or a verifier. */
  readonly passwordFrom: string | undefined
}

export type UserCommand =
  | { readonly name: 'user list'; readonly output: Format }
  | { readonly name: 'user add'; readonly options: AddUserOptions }
  | { readonly name: 'user passwd'; readonly user: string; readonly passwordFrom: string | undefined }
  | { readonly name: 'user remove'; readonly user: string }

export function addUserCommands(program: Command, choose: (command: UserCommand) => void): void {
  const user = addCommandGroup(program, 'user', 'the users of the configuration', [
    'list',
    'add',
    'passwd',
    'remove',
  ])
  const passwordFrom = [
    '--password-from <VARIABLE>',
    'a variable of the environment with the password',
  ] as const
  user
    .command('list')
    .allowExcessArguments(false)
    .addOption(new Option('-o, --output <format>', 'how it is printed').choices(formats).default('table'))
    .description('list them, with what they may see')
    .action(({ output }: { readonly output: Format }) => choose({ name: 'user list', output }))
  user
    .command('add')
    .argument('<name>', 'of the new user')
    .allowExcessArguments(false)
    .option('-c, --connections <names>', "connections that it sees, with commas between: 'aws*,ipstack'")
    .option('--certificate-cn <name>', 'the common name in the certificate that it presents')
    .option('--certificate-san <name>', 'an alternative name in it, in place of that')
    .option(...passwordFrom)
    .description('write a new user into the configuration; asks for its password')
    .addHelpText('after', addExamples)
    .action((name: string, options: Omit<AddUserOptions, 'user'>) =>
      choose({ name: 'user add', options: { ...options, user: name } }),
    )
  user
    .command('passwd')
    .argument('<name>', 'of the user')
    .allowExcessArguments(false)
    .option(...passwordFrom)
    .description('give it another password')
    .action((name: string, options: { readonly passwordFrom?: string }) =>
      choose({ name: 'user passwd', user: name, passwordFrom: options.passwordFrom }),
    )
  user
    .command('remove')
    .argument('<name>', 'of the user')
    .allowExcessArguments(false)
    .description('take it out of the configuration; its sessions end')
    .action((name: string) => choose({ name: 'user remove', user: name }))
}

const addExamples = `
The password is asked for on the terminal, or is the first line of standard
input. In its place stands a verifier, if it is one (SCRAM-SHA-256$...).

Examples:
  millrace user add alice --connections 'aws*,ipstack'
  millrace user add grafana --connections '*' --password-from GRAFANA_PASSWORD
  millrace user add bob --connections aws --certificate-cn bob.example.com`
