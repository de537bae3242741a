/**
 * Signals that by themselves would end the process at once, with clients cut off and PostgreSQL left behind, and
 * SIGUSR1, by which Node.js would let in a debugger: https://nodejs.org/api/process.html#signal-events
 */
export type OtherSignal = 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2'

const signals: readonly OtherSignal[] = ['SIGHUP', 'SIGUSR1', 'SIGUSR2']

/** @returns what ends the listening: signals do again what they do by themselves */
export function listenForOtherSignals(onSignal: (signal: OtherSignal) => void): () => void {
  for (const signal of signals) process.on(signal, onSignal)
  return () => {
    for (const signal of signals) process.off(signal, onSignal)
  }
}
