/** What the statement at the cursor would ask, a moment after it has been typed. */
import { useEffect, useState } from 'preact/hooks'
import type { PriceAnswer } from '../../protocol/messages.js'
import { fetchPrice } from '../api/requests.js'

/** Milliseconds without a change. */
const pause = 350

export interface Priced {
  /** The statement that has been priced; it may have changed since. */
  readonly sql: string
  readonly answer: PriceAnswer
}

export function usePrice(sql: string | undefined): Priced | undefined {
  const [priced, setPriced] = useState<Priced>()
  useEffect(() => {
    if (sql === undefined) {
      setPriced(undefined)
      return undefined
    }
    const controller = new AbortController()
    const timer = setTimeout(() => {
      fetchPrice(sql, controller.signal)
        .catch((error: unknown): PriceAnswer => {
          const message = error instanceof Error ? error.message : String(error)
          return { kind: 'failed', report: { severity: 'ERROR', message } }
        })
        .then((answer) => {
          if (!controller.signal.aborted) setPriced({ sql, answer })
        })
    }, pause)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [sql])
  return priced
}
