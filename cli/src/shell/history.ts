/** What has been typed, kept in the home across sessions: an entry a line, the newest last. */
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tokensOf } from '../sql/tokens.js'

const historyFile = 'history'

/** Entries that a session begins with. */
export const historySize = 1000

/** @returns the newest first, as Node.js's readline wants it */
export async function readHistory(home: string): Promise<string[]> {
  const text = await readFile(join(home, historyFile), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .slice(-historySize)
    .reverse()
}

/** A home that is not there, or cannot be written to, keeps nothing. Statements may hold secrets: nobody else reads them. */
export async function addToHistory(home: string, entry: string): Promise<void> {
  await appendFile(join(home, historyFile), `${entry}\n`, { mode: 0o600 }).catch(() => {})
}

/** A statement of several lines as one entry, where that leaves it what it is; else its lines. */
export function historyEntries(text: string): string[] {
  let joined = ''
  for (const { kind, start, end } of tokensOf(text)) {
    const piece = text.slice(start, end)
    if (kind === 'space') joined += piece.includes('\n') ? ' ' : piece
    else if (piece.includes('\n') || piece.startsWith('--')) {
      return text.split('\n').filter((line) => line.trim() !== '')
    } else joined += piece
  }
  return [joined.trim()].filter((entry) => entry !== '')
}
