import { setTimeout as sleep } from 'node:timers/promises'

/** Time and chance, as the code that makes calls sees them; tests provide others. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number
  /** A number from 0 up to, but not including, 1. */
  random(): number
  /** @throws the signal's reason when it is aborted before the time is over */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
  /** @returns a function that cancels it */
  after(milliseconds: number, run: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  random: Math.random,
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds)
    return () => clearTimeout(timer)
  },
}
