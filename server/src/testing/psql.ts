/** psql, a program that Millrace itself does not need. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { test } from 'vitest'

const isHere = await promisify(execFile)('psql', ['--version']).then(
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

export interface PsqlRun {
  readonly status: number | null
  readonly output: string
  /** What it says on standard error. */
  readonly complaints: string
}

/** Runs a script; what it prints has no padding, and columns are divided by "|". */
export async function psql(url: string, script: string, variables: readonly string[] = []): Promise<PsqlRun> {
  const child = spawn('psql', [url, '-X', '-w', '-q', '-A', '-t', ...variables], {
    // Nothing of the machine's own settings and passwords.
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', PGPASSFILE: '/dev/null' },
  })
  let output = ''
  let complaints = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  // psql may end before it has read its script.
  child.stdin.on('error', () => {})
  child.stdin.end(script)
  const [status] = await once(child, 'close')
  return { status, output, complaints }
}
