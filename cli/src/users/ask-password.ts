/** A password that is not shown: from the terminal, standard input or a variable, and never from an argument. */
import {
  makeVerifier,
  parseVerifier,
  preparedPassword,
  verifierText,
} from '@millrace/server/startup/scram-verifier'
import type { Environment } from '../config/settings.js'
import { UserError } from '../user-error.js'

/** More is no password that somebody has chosen. */
const longestPassword = 10_000

/**
 * Asks for a password, and makes of it what is written down. A verifier is taken as it is, as by PostgreSQL's ALTER ROLE.
 * @param variable of the environment that holds it; undefined to ask
 * @returns undefined where somebody has left the question
 * @throws UserError where there is none
 */
export async function askForVerifier(
  user: string,
  variable: string | undefined,
  environment: Environment,
): Promise<string | undefined> {
  const password =
    variable !== undefined
      ? environment[variable]
      : process.stdin.isTTY
        ? await askOnTerminal(user)
        : await readFirstLine()
  if (password === undefined && variable === undefined) return undefined
  if (password === undefined || password === '') {
    const where = variable === undefined ? 'standard input' : `the variable ${variable}`
    throw new UserError(`there is no password in ${where}; nothing was written`, 2)
  }
  if (password.length > longestPassword || /[\0\r\n]/.test(password)) {
    throw new UserError('a password is one line; nothing was written', 2)
  }
  if (parseVerifier(password) !== undefined) return password
  if (/^(?:SCRAM-SHA-256\$|md5[0-9a-f]{32}$)/.test(password)) {
    throw new UserError('this looks like a verifier, and is not one of SCRAM-SHA-256; nothing was written', 2)
  }
  return verifierText(await makeVerifier(preparedPassword(password)))
}

async function askOnTerminal(user: string): Promise<string | undefined> {
  const { isCancel, password } = await import('@clack/prompts')
  const first = await password({
    message: `Password of ${user}`,
    validate: (given) => (given === undefined || given === '' ? 'It must not be empty' : undefined),
  })
  if (isCancel(first)) return undefined
  const second = await password({
    message: 'The same once more',
    validate: (given) => (given === first ? undefined : 'That is another one'),
  })
  return isCancel(second) ? undefined : first
}

async function readFirstLine(): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of process.stdin) {
    const bytes = Buffer.from(part)
    parts.push(bytes)
    length += bytes.length
    if (bytes.includes(0x0a) || length > longestPassword) break
  }
  const [line = ''] = Buffer.concat(parts).toString('utf8').split(/\r?\n/)
  return line
}
