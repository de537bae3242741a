/** Tests that need psql, a program that Millrace itself does not. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { test } from 'vitest'

const run = promisify(execFile)

const isHere = await run('psql', ['--version']).then(
  () => true,
  () => false,
)

/** Skipped where there is no psql; a failure there if the environment says CI=true. */
export function psqlTest(name: string, body: () => Promise<void>): void {
  if (isHere) test(name, body)
  else if (process.env.CI === 'true') {
    test(name, () => {
      throw new Error('psql is not installed; tests with CI=true need it')
    })
  } else test.skip(`${name} (psql is not installed)`, body)
}

/** What psql prints. @throws Error with what it says when it fails */
export async function psql(url: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('psql', [url, '-X', '-v', 'ON_ERROR_STOP=1', ...args])
  return stdout
}
