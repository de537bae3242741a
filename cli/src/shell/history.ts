/** What has been typed, kept in the home across sessions: an entry a line, the newest last. */
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const historyFile = 'history'

/** Entries that a session begins with. */
export const historySize = 1000

/** What stands for a line break within an entry, as in psql's history. */
const lineBreak = '\u0001'

/** @returns the newest first, as Node.js's readline wants it */
export async function readHistory(home: string): Promise<string[]> {
  const text = await readFile(join(home, historyFile), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .slice(-historySize)
    .reverse()
    .map((line) => line.replaceAll(lineBreak, '\n'))
}

/** A home that is not there, or cannot be written to, keeps nothing. Statements may hold secrets: nobody else reads them. */
export async function addToHistory(home: string, entry: string): Promise<void> {
  const line = entry.replaceAll('\n', lineBreak)
  await appendFile(join(home, historyFile), `${line}\n`, { mode: 0o600 }).catch(() => {})
}

/**
 * The entries that the line editor has: a statement is one, as it was typed, on however many lines. The editor by itself
 * keeps each line.
 */
export class Entries {
  readonly #entries: string[]

  /** @param entries the newest first */
  constructor(entries: readonly string[]) {
    this.#entries = [...entries]
  }

  /** @param list of the editor, which it reads entries from: it gets ours, whatever the editor has added */
  restore(list: string[]): void {
    list.splice(0, list.length, ...this.#entries)
  }

  add(entry: string): void {
    const same = this.#entries.indexOf(entry)
    if (same >= 0) this.#entries.splice(same, 1)
    this.#entries.unshift(entry)
    this.#entries.splice(historySize)
  }
}
