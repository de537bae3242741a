/** The arguments of `millrace plugin`. */
import { type Command, Option } from 'commander'
import { addCommandGroup } from '../command-group.js'
import { type Format, formats } from '../output/format-names.js'
import { UserError } from '../user-error.js'

export type PluginCommand =
  | { readonly name: 'plugin list'; readonly output: Format }
  | { readonly name: 'plugin show'; readonly plugin: string }
  /** @property yes whether nobody is to be asked */
  | { readonly name: 'plugin install'; readonly plugins: readonly string[]; readonly yes: boolean }
  /** @property plugins none for all */
  | { readonly name: 'plugin update'; readonly plugins: readonly string[]; readonly yes: boolean }
  | { readonly name: 'plugin uninstall'; readonly plugins: readonly string[]; readonly force: boolean }
  | { readonly name: 'plugin new'; readonly plugin: string; readonly folder: string | undefined }

export function addPluginCommands(program: Command, choose: (command: PluginCommand) => void): void {
  const plugin = addCommandGroup(program, 'plugin', 'plugins', [
    'list',
    'show',
    'install',
    'update',
    'uninstall',
    'new',
  ])
  plugin
    .command('list')
    .allowExcessArguments(false)
    .addOption(new Option('-o, --output <format>', 'how it is printed').choices(formats).default('table'))
    .description('list those that are built in or installed, and the connections that use them')
    .action(({ output }: { readonly output: Format }) => choose({ name: 'plugin list', output }))
  plugin
    .command('show')
    .argument('<name>', 'as a connection names it')
    .allowExcessArguments(false)
    .description('load one, and tell its version, tables and key columns')
    .action((name: string) => choose({ name: 'plugin show', plugin: name }))
  plugin
    .command('install')
    .argument(
      '<names...>',
      "Steampipe's (steampipe/net, steampipe/net@^1), or npm packages, folders or tarballs",
    )
    .option('-y, --yes', 'install npm packages without asking')
    .description('install plugins into the home')
    .addHelpText('after', examples)
    .action((plugins: readonly string[], { yes = false }: { readonly yes?: boolean }) =>
      choose({ name: 'plugin install', plugins, yes }),
    )
  plugin
    .command('update')
    .argument('[names...]', 'of installed plugins')
    .option('--all', 'update all of them')
    .option('-y, --yes', 'update npm packages without asking')
    .description('fetch the newest version, of those that the constraint allows')
    .action((plugins: readonly string[], given: { readonly all?: boolean; readonly yes?: boolean }) => {
      if ((plugins.length === 0) !== (given.all ?? false)) {
        throw new UserError('plugin update takes names or --all; see millrace plugin update --help', 2)
      }
      choose({ name: 'plugin update', plugins, yes: given.yes ?? false })
    })
  plugin
    .command('uninstall')
    .argument('<names...>', 'of installed plugins')
    .option('--force', 'even where connections use them')
    .description('remove plugins from the home')
    .action((plugins: readonly string[], { force = false }: { readonly force?: boolean }) =>
      choose({ name: 'plugin uninstall', plugins, force }),
    )
  plugin
    .command('new')
    .argument('<name>', 'such as acme: what tables begin with')
    .argument('[folder]', 'new or empty (default: millrace-plugin-<name>)')
    .allowExcessArguments(false)
    .description('write a plugin of your own: one that works, with tests')
    .action((name: string, folder: string | undefined) =>
      choose({ name: 'plugin new', plugin: name, folder }),
    )
}

const examples = `
Examples:
  millrace plugin install steampipe/zendesk
  millrace plugin install steampipe/net@^1 registry.example.com/team/acme@1.2.0
  millrace plugin install millrace-plugin-acme
  millrace plugin install ./my-plugin

npm packages run in Millrace's own process, with your credentials in reach: who
publishes one is shown, and you are asked. Scripts of packages are not run.
`
