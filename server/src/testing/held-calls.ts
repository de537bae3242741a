import type { CallHook } from '@millrace/sql-engine/testing/counting-plugin'

/** A call that a test holds: it is answered when the test says so. */
export interface HeldCall {
  readonly table: string
  /** Aborted when whoever called has lost interest. */
  readonly signal: AbortSignal
  answer(): void
  fail(error: Error): void
}

export interface HeldCalls {
  /** The next call to an API; it is answered only when the test says so. */
  holdCall(): Promise<HeldCall>
}

/** Calls of a counting plugin, which gets the hook. */
export function heldCalls(): HeldCalls & { readonly hook: CallHook } {
  const holders: ((call: HeldCall) => void)[] = []
  return {
    hook: async (table, signal) => {
      const hold = holders.shift()
      if (hold === undefined) return
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        hold({ table, signal, answer: resolve, fail: reject })
      })
    },
    holdCall: () => new Promise((resolve) => holders.push(resolve)),
  }
}
