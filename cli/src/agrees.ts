/** Asks on the terminal whether to go on. */
import { createInterface } from 'node:readline/promises'
import { UserError } from './user-error.js'

/**
 * @param whether what is asked, in a few words for the error: `to install it`
 * @param signal gives up the question
 * @throws UserError where nobody can be asked
 */
export async function agrees(question: string, whether: string, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UserError(`nobody can be asked whether ${whether}: --yes says so`, 2)
  }
  const questions = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(?:es)?$/i.test((await questions.question(`${question} [y/N] `, { signal })).trim())
  } finally {
    questions.close()
  }
}
