import { setTimeout as delay } from 'node:timers/promises'
import type { ClientConfig } from 'pg'
import { withEngineClient } from './engine-connections.js'

/**
 * Whether PostgreSQL takes a connection and answers a question on it, now. Never rejects.
 * @param patience in milliseconds
 */
export async function answers(config: ClientConfig, patience: number): Promise<boolean> {
  const timer = new AbortController()
  const asking = withEngineClient({ ...config, connectionTimeoutMillis: patience }, (client) =>
    client.query('select 1'),
  ).then(
    () => true,
    () => false,
  )
  const timeout = delay(patience, false, { signal: timer.signal })
  timeout.catch(() => {}) // aborted: the answer came first
  try {
    return await Promise.race([asking, timeout])
  } finally {
    timer.abort()
  }
}
