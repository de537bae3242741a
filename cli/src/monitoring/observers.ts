/** One observer that stands for several. */
import type { StatementObserver, StatementTrace } from '@millrace/server/session/statement-watch'
import type { EngineObserver } from '@millrace/sql-engine/report/engine-observer'

/** Of the observers, one at most may trace. @returns undefined where there is none */
export function statementObservers(observers: readonly StatementObserver[]): StatementObserver | undefined {
  if (observers.length < 2) return observers[0]
  const tracer = observers.find(({ begun }) => begun !== undefined)
  return {
    wantsTexts: observers.some(({ wantsTexts }) => wantsTexts),
    begun: (statement): StatementTrace | undefined => tracer?.begun?.(statement),
    ended: (statement) => {
      for (const observer of observers) observer.ended(statement)
    },
  }
}

/** Of the observers, one at most may trace. @returns undefined where there is none */
export function engineObservers(observers: readonly EngineObserver[]): EngineObserver | undefined {
  if (observers.length < 2) return observers[0]
  const tracer = observers.find(({ trace }) => trace !== undefined)
  return {
    called: (...told) => {
      for (const observer of observers) observer.called(...told)
    },
    retried: (...told) => {
      for (const observer of observers) observer.retried(...told)
    },
    throttled: (...told) => {
      for (const observer of observers) observer.throttled(...told)
    },
    scanned: (...told) => {
      for (const observer of observers) observer.scanned(...told)
    },
    passed: (...told) => {
      for (const observer of observers) observer.passed(...told)
    },
    ...(tracer === undefined ? {} : { trace: (part, work) => tracer.trace?.(part, work) ?? work() }),
  }
}
