#!/usr/bin/env node
/** The `millrace` command. */
import { type Command, parseCommand, usage } from './command.js'
import { failureOf } from './error-line.js'

async function run(command: Command): Promise<void> {
  // Code that a command does not need is not loaded: --help answers at once.
  switch (command) {
    case 'help':
      process.stdout.write(usage)
      return
    case 'version':
      process.stdout.write(`${await (await import('./version.js')).readVersion()}\n`)
      return
    case 'serve':
      return (await import('./serve.js')).serve()
    case 'demo':
      return (await import('./demo/demo.js')).demo()
  }
}

try {
  await run(parseCommand(process.argv.slice(2)))
  process.exitCode = 0
} catch (error) {
  const { line, exitCode } = failureOf(error)
  process.stderr.write(`millrace: ${line}\n`)
  process.exitCode = exitCode
}

// By now nothing of Millrace's own is left to wait for. What a plugin may have left open does not keep the process
// alive.
setTimeout(() => process.exit(), 1_000).unref()
