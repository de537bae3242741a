/** npm, as it is on this machine. */
import { execFile } from 'node:child_process'
import { UserError } from '../user-error.js'

/** The most that npm may print, in bytes. */
const longestOutput = 16 << 20

const common = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error']

/**
 * @param folder the one that holds `package.json`; without it, npm would look for one in the folders above
 * @returns what it prints
 * @throws UserError with npm's words
 */
export function runNpm(
  command: string,
  args: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const all = [command, '--prefix', folder, ...common, ...args]
    execFile('npm', all, { cwd: folder, maxBuffer: longestOutput, signal }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(signal.aborted ? signal.reason : failureOf(error, stderr))
    })
  })
}

function failureOf(error: Error, stderr: string): UserError {
  if (Object(error).code === 'ENOENT') {
    return new UserError('npm is not on this machine, or not in PATH: it comes with Node.js', 1, error)
  }
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/^npm error ?/, '').trim())
    .filter((line) => line !== '' && !/^A complete log of this run/.test(line) && !/^\S+\.log$/.test(line))
  return new UserError(`npm: ${lines.join(' | ') || error.message}`, 1, error)
}
