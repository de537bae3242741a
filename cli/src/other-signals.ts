/**
 * Signals that by default would end the process at once, cutting off clients and leaving PostgreSQL behind, and
 * SIGUSR1, by which Node.js would let in a debugger: https://nodejs.org/api/process.html#signal-events
 */
export type OtherSignal = 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2'

const signals: readonly OtherSignal[] = ['SIGHUP', 'SIGUSR1', 'SIGUSR2']

/** @returns a function that stops listening: signals then have their usual effect again */
export function listenForOtherSignals(onSignal: (signal: OtherSignal) => void): () => void {
  for (const signal of signals) process.on(signal, onSignal)
  return () => {
    for (const signal of signals) process.off(signal, onSignal)
  }
}
