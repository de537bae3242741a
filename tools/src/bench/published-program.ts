/** The command as users have it: bundled, as it is published. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = new URL('../../../', import.meta.url)
const packageTool = fileURLToPath(new URL('tools/dist/package/main.js', root))

let made: Promise<string> | undefined

/** The path of its first file, which is made when this is first called. */
export function publishedProgram(): Promise<string> {
  made ??= promisify(execFile)(process.execPath, [packageTool]).then(() =>
    fileURLToPath(new URL('build/millrace/bin/millrace.cjs', root)),
  )
  return made
}
