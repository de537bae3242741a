/**
 * What plugins throw where nothing waits for it: in a promise without an owner, a timer, a listener. Node.js would end the
 * process; here it ends the statement that the plugin works for, or nothing where there is none. What is no plugin's is a
 * defect of Millrace, and ends the process as ever.
 */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { currentScope, unattendedScope, withinPlugin } from '@millrace/sql-engine/fetch/plugin-work'
import { framesOf, placeOf } from '@millrace/sql-engine/fetch/thrown'
import type { Logger } from 'pino'

let log: Logger | undefined

/** Contains them from now on. @param to is told of those that end no statement; the last one given is */
export function containPluginFailures(to: Logger): void {
  if (log === undefined) {
    process.on('uncaughtException', contain)
    process.on('unhandledRejection', contain)
  }
  log = to
}

function contain(thrown: unknown): void {
  const scope = currentScope()
  if (scope?.fail(thrown) === true) return
  const plugin = scope?.plugin ?? pluginInStackOf(thrown)
  if (plugin === undefined) {
    process.stderr.write(`${inspect(thrown)}\n`)
    process.exit(1)
  }
  log?.error(
    { plugin, purpose: scope?.purpose, error: placeOf(thrown) },
    'a plugin failed beside all statements',
  )
}

/** Folders with the code of plugins, by which code is known that runs in no scope. */
const folders = new Map<string, string>()

/**
 * Loads a module of a plugin.
 * @param location of the module, a URL
 */
export function importPlugin(name: string, location: string): Promise<{ readonly default: unknown }> {
  if (location.startsWith('file:')) folders.set(`${dirname(fileURLToPath(location))}/`, name)
  return withinPlugin(unattendedScope(name, 'the plugin itself'), () => import(location))
}

function pluginInStackOf(thrown: unknown): string | undefined {
  const frames = framesOf(thrown)
  return [...folders].find(([folder]) => frames.some((frame) => frame.includes(folder)))?.[1]
}
