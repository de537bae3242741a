import { setTimeout as sleep } from 'node:timers/promises'

/** Time and chance, as what makes calls sees them; tests give others. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number
  /** From 0 up to 1. */
  random(): number
  /** @throws the signal's reason when it is aborted before the time is over */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
  /** @returns a function that calls it off */
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
