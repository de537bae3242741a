/** A file for the log that is turned over when it is long. */
import { existsSync, renameSync, statSync } from 'node:fs'
import { pino } from 'pino'

export interface RotatingFileOptions {
  readonly path: string
  /** Bytes from which on another file begins. */
  readonly longest: number
  /** How many earlier files are kept: `<path>.1` is the latest. */
  readonly kept: number
}

/** Bytes that wait for a disk which takes no more; what comes then is lost, rather than filling the memory. */
const mostWaiting = 1024 * 1024

/**
 * Lines are written at once, so that nothing is lost when the process ends. Where the disk is full, lines are lost and
 * the server goes on.
 * @throws NodeJS.ErrnoException where the file cannot be written
 */
export function rotatingFile({ path, longest, kept }: RotatingFileOptions) {
  if (sizeOf(path) >= longest) turnOver(path, kept)
  // What statements say may stand in it.
  const file = pino.destination({ dest: path, sync: true, mode: 0o600, maxLength: mostWaiting })
  file.on('error', () => {})
  let size = sizeOf(path)
  file.on('write', (bytes: number) => {
    size += bytes
    if (size < longest) return
    size = 0
    try {
      turnOver(path, kept)
    } catch {
      // It goes on in the same one.
      return
    }
    file.reopen()
  })
  return file
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** @throws NodeJS.ErrnoException */
function turnOver(path: string, kept: number): void {
  for (let number = kept; number >= 1; number--) {
    const earlier = number === 1 ? path : `${path}.${number - 1}`
    if (existsSync(earlier)) renameSync(earlier, `${path}.${number}`)
  }
}
