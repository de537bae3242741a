/** `millrace query` as users run it: a process of its own, with pipes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export interface QueryEnding {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningQuery {
  readonly ended: Promise<QueryEnding>
  signal(name: NodeJS.Signals): void
}

type Variables = Readonly<Record<string, string>>

function environmentWith(variables: Variables): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env
  return { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...variables }
}

function start(command: string, args: readonly string[], variables: Variables, input: string): RunningQuery {
  const child = spawn(command, args, { env: environmentWith(variables), stdio: 'pipe' })
  // Whoever does not read its input may close it.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]) => ({ code, stdout, stderr }),
  )
  return { ended, signal: (name) => child.kill(name) }
}

/** @param input what stands on its standard input */
export function startQuery(args: readonly string[], variables: Variables, input = ''): RunningQuery {
  return start(process.execPath, [program, 'query', ...args], variables, input)
}

/**
 * Runs a line of bash, in which `$MILLRACE` is the command; a pipe fails where any part of it does.
 * @param variables of its environment
 */
export function runInShell(line: string, variables: Variables): Promise<QueryEnding> {
  const command = `"${process.execPath}" "${program}"`
  return start('bash', ['-c', `set -o pipefail; ${line.replaceAll('$MILLRACE', command)}`], variables, '')
    .ended
}
