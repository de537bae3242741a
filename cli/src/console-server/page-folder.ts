/** Where the built page is. */
import { access } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { UserError } from '../user-error.js'

// The manifest says where #console is: in the workspace another package, in the bundled package a folder of its own.
const { resolve } = createRequire(import.meta.url)

/** @throws UserError in a clone in which it has not been built */
export async function pageFolder(): Promise<string> {
  const file = resolve('#console-page/index.html')
  try {
    await access(file)
  } catch (error) {
    throw new UserError('the page of the console is not built yet: npm run build:console', 1, error)
  }
  return dirname(file)
}
