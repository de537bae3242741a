/** SIGINT, SIGTERM and SIGQUIT, and how often they arrive. */

const signals = ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const

/**
 * The time within which signals are taken for one, in milliseconds. One press of Ctrl-C may arrive twice: from the
 * terminal, and from npm, which passes on what it gets.
 */
export const samePress = 500

/** 128 plus the number of SIGINT, as in shells. */
export const interruptedExitCode = 130

export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal
  /**
   * Leaves Ctrl-C to another program of the terminal, such as a pager.
   * @returns ends that
   */
  leaveToOthers(): () => void
  /** Stops listening: signals have their usual effect again. */
  release(): void
}

/**
 * Listens for signals. The first asks for an orderly end; a second one ends the process at once, unless `end` does
 * something else. (PostgreSQL notices when the process ends, and stops by itself.)
 */
export function listenForInterruption(
  now: () => number = () => performance.now(),
  end: () => void = () => process.exit(interruptedExitCode),
): Interruption {
  const controller = new AbortController()
  let first: number | undefined
  let others = 0
  const onSignal = (signal: NodeJS.Signals) => {
    if (signal === 'SIGINT' && others > 0) return
    first ??= now()
    controller.abort()
    if (now() - first > samePress) end()
  }
  for (const signal of signals) process.on(signal, onSignal)
  return {
    signal: controller.signal,
    leaveToOthers: () => {
      others++
      return () => {
        others--
      }
    },
    release: () => {
      for (const signal of signals) process.off(signal, onSignal)
    },
  }
}
