/** SIGINT, SIGTERM and SIGQUIT, and how often they come. */

const signals = ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const

/**
 * One press of Ctrl-C may arrive twice: from the terminal, and from npm, which passes on what it gets. What
 * comes within so many milliseconds is taken for one.
 */
const samePress = 500

/** 128 and the number of SIGINT, as shells have it. */
const interruptedExitCode = 130

export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal
  /** Listens no more: signals do again what they do by themselves. */
  release(): void
}

/**
 * Listens for signals. The first asks for an orderly end; a second one ends the process at once. (PostgreSQL
 * is told to end when the process does, and does so by itself.)
 */
export function listenForInterruption(
  now: () => number = () => performance.now(),
  end: () => void = () => process.exit(interruptedExitCode),
): Interruption {
  const controller = new AbortController()
  let first: number | undefined
  const onSignal = () => {
    first ??= now()
    controller.abort()
    if (now() - first > samePress) end()
  }
  for (const signal of signals) process.on(signal, onSignal)
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of signals) process.off(signal, onSignal)
    },
  }
}
