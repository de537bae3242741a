/** Plugins that are npm packages: by name, as Node.js finds them, or by the path of their folder. */
import { readFile, stat } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { resolve } from 'import-meta-resolve'
import { z } from 'zod'
import { UserError } from '../user-error.js'
import type { Load } from './built-in-plugins.js'
import { importPlugin } from './plugin-failures.js'

/** A package's name as npm allows it, without a path or a version after it. */
export const packageName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/

/** What plugins' packages are called, without a scope: connections may leave it out. */
export const packagePrefix = 'millrace-plugin-'

/** @returns undefined where there is no such package, seen from a file */
export function moduleOfPackage(name: string, from: string): Load | undefined {
  if (!packageName.test(name) || isBuiltin(name)) return undefined
  try {
    const location = resolve(name, from)
    return () => importPlugin(name, location)
  } catch (error) {
    return Object(error).code === 'ERR_MODULE_NOT_FOUND' ? undefined : () => Promise.reject(error)
  }
}

const manifestShape = z.object({
  name: z.string().optional(),
  main: z.string().optional(),
  exports: z.unknown().optional(),
})

/**
 * The module of a package that is not installed, but is being written.
 * @param path of its folder, or of the module itself
 * @throws UserError where there is none
 */
export async function moduleAtPath(path: string): Promise<Load> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() === true && /\.[cm]?js$/.test(path)) {
    return () => importPlugin(path, pathToFileURL(path).href)
  }
  if (found?.isDirectory() !== true) throw new UserError(`there is no plugin at ${path}`, 2)
  const file = join(path, 'package.json')
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) throw new UserError(`there is no plugin at ${path}: it has no package.json`, 2)
  const location = mainModule(file, text)
  return () => importPlugin(path, location)
}

/** @throws UserError where the manifest does not say */
function mainModule(file: string, text: string): string {
  const from = pathToFileURL(file).href
  try {
    const { name, main = 'index.js', exports } = manifestShape.parse(JSON.parse(text))
    // A package may name itself.
    return exports === undefined || name === undefined ? new URL(main, from).href : resolve(name, from)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new UserError(`${file} does not say where the plugin is: ${said}`, 1, error)
  }
}
