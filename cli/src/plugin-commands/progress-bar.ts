/** One line of a terminal that tells how far something has come, and is rewritten. */
import type { WriteStream } from 'node:tty'

export interface ProgressBar {
  update(received: number, size: number): void
  /** Removes it. */
  clear(): void
}

const width = 30

/** @param terminal what is no terminal gets nothing */
export function progressBar(label: string, terminal: WriteStream): ProgressBar {
  if (!terminal.isTTY) return { update() {}, clear() {} }
  let shown = ''
  return {
    update(received, size) {
      const part = size === 0 ? 1 : Math.min(1, received / size)
      const done = Math.round(part * width)
      const line = `${label} [${'#'.repeat(done)}${' '.repeat(width - done)}] ${String(Math.floor(part * 100)).padStart(3)}% of ${megabytes(size)}`
      const cut = line.slice(0, Math.max(1, (terminal.columns || 80) - 1))
      if (cut === shown) return
      shown = cut
      terminal.write(`\r${cut}\x1b[K`)
    },
    clear() {
      if (shown !== '') terminal.write('\r\x1b[K')
      shown = ''
    },
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
