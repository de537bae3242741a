/** What is cached now, and a way to forget it. */
import { useEffect, useState } from 'preact/hooks'
import type { CachedRows } from '../../protocol/messages.js'
import { clearCache, fetchCache } from '../api/requests.js'
import { bytes, counted } from '../run/format.js'

export function CachePanel() {
  const [cached, setCached] = useState<readonly CachedRows[]>()
  const [failure, setFailure] = useState<string>()
  const load = () =>
    fetchCache()
      .then(setCached)
      .catch((error: unknown) => setFailure(error instanceof Error ? error.message : String(error)))
  useEffect(() => void load(), [])
  const clear = (table?: string) =>
    clearCache(table)
      .then(load)
      .catch((error: unknown) => setFailure(error instanceof Error ? error.message : String(error)))
  if (failure !== undefined) return <p class="pad connection-error">{failure}</p>
  if (cached === undefined) return <p class="quiet pad">…</p>
  if (cached.length === 0) return <p class="quiet pad">Nothing is cached.</p>
  return (
    <div class="cache">
      <ul>
        {cached.map(({ connection, table, rows, bytes: size, seconds }) => (
          <li key={`${connection}.${table}`}>
            <span class="mono">
              {connection}.{table}
            </span>
            <span class="quiet">
              {counted(rows, 'row')}, {bytes(size)}, {age(seconds)} old
            </span>
            <button
              type="button"
              class="small"
              aria-label={`Forget ${connection}.${table}`}
              onClick={() => void clear(`${connection}.${table}`)}
            >
              Forget
            </button>
          </li>
        ))}
      </ul>
      <button type="button" onClick={() => void clear()}>
        Forget everything
      </button>
    </div>
  )
}

function age(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
