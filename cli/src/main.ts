#!/usr/bin/env node
/** The `millrace` command. */
import './navigator.js'
import { type Command, describedProgram, parseCommand } from './command.js'
import type { ExitCode } from './user-error.js'

async function run(command: Command): Promise<0 | ExitCode> {
  // What a command does not need is not loaded: --help answers at once.
  switch (command.name) {
    case 'help':
      process.stdout.write(command.text)
      return 0
    case 'version':
      process.stdout.write(`${await (await import('./version.js')).readVersion()}\n`)
      return 0
    case 'doctor':
      return (await import('./doctor/doctor.js')).doctor()
    case 'connection list':
      return (await import('./connections/list-connections.js')).listConnections(command.output)
    case 'connection test':
      return (await import('./connections/test-connections.js')).testConnections(command.names)
    case 'connection add':
      return (await import('./connections/add-connection.js')).addConnection(command.options, process.env)
    case 'user list':
      return (await import('./users/list-users.js')).listUsers(command.output, process.env)
    case 'user add':
      return (await import('./users/change-users.js')).addUser(command.options, process.env)
    case 'user passwd':
      return (await import('./users/change-users.js')).changePassword(
        command.user,
        command.passwordFrom,
        process.env,
      )
    case 'user remove':
      return (await import('./users/change-users.js')).removeUser(command.user, process.env)
    case 'plugin list':
      return (await import('./plugin-commands/list-plugins.js')).listPlugins(command.output)
    case 'plugin show':
      return (await import('./plugin-commands/show-plugin.js')).showPlugin(command.plugin)
    case 'plugin install':
      return (await import('./plugin-commands/change-plugins.js')).installPlugins(
        command.plugins,
        command.yes,
      )
    case 'plugin update':
      return (await import('./plugin-commands/change-plugins.js')).updatePlugins(command.plugins, command.yes)
    case 'plugin uninstall':
      return (await import('./plugin-commands/change-plugins.js')).uninstallPlugins(
        command.plugins,
        command.force,
      )
    case 'plugin new':
      return (await import('./plugin-commands/new-plugin.js')).newPlugin(command.plugin, command.folder)
    case 'mcp':
      return (await import('./mcp/mcp.js')).serveMcp(command.options)
    case 'console':
      return (await import('./console/console.js')).serveConsole(command.options)
    case 'engine setup':
      return (await import('./engine/setup.js')).printSetup()
    case 'engine remove':
      return (await import('./engine/remove.js')).removeEngine(command.yes)
    case 'completion': {
      const [{ commandTree }, { completionScript }] = await Promise.all([
        import('./completion/command-tree.js'),
        import('./completion/scripts.js'),
      ])
      process.stdout.write(completionScript(command.shell, commandTree(describedProgram())))
      return 0
    }
    case 'query':
      return (await import('./query.js')).query(command.options)
    case 'serve':
      await (await import('./serve.js')).serve(command.listening)
      return 0
    case 'service start':
      return (await import('./service/start.js')).startService(command.listening)
    case 'service restart':
      return (await import('./service/start.js')).restartService(command.listening, command.timeout)
    case 'service status':
      return (await import('./service/status.js')).serviceStatus(command)
    case 'config import':
      return (await import('./config-command.js')).importConfiguration(command.options, process.env)
    case 'service stop':
      return (await import('./service/stop.js')).stopService(command.timeout)
    case 'demo':
      await (await import('./demo/demo.js')).demo()
      return 0
  }
}

try {
  process.exitCode = await run(parseCommand(process.argv.slice(2)))
} catch (error) {
  const { line, exitCode } = (await import('./error-line.js')).failureOf(error)
  process.stderr.write(`millrace: ${line}\n`)
  process.exitCode = exitCode
}

// By now nothing of Millrace's own is left to wait for. What a plugin may have left open does not keep the process
// alive.
setTimeout(() => process.exit(), 1_000).unref()
