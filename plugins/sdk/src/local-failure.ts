/** Failures of this machine, with which no API has anything to do. */
import { ApiError } from './api-error.js'

/** The names of what has run out, by the errno names of Linux and macOS. */
const exhausted: Readonly<Record<string, string>> = {
  EMFILE: 'file descriptors of the process',
  ENFILE: 'file descriptors of the machine',
  ENOBUFS: 'network buffers',
  ENOMEM: 'memory',
  EADDRNOTAVAIL: 'local ports',
}

/**
 * The error for a failure of this machine.
 * @param error as Node.js, or an HTTP client, throws it; its causes are looked at too
 * @returns undefined for all others
 */
export function localFailure(error: unknown): ApiError | undefined {
  for (const code of codesOf(error)) {
    const what = exhausted[code]
    if (what === undefined) continue
    return new ApiError(`this machine has run out of ${what}`, {
      sqlState: '53000',
      detail: `${code}: no connection could be made.`,
      hint:
        code === 'EMFILE'
          ? "Raise the server's limit of open files (ulimit -n, LimitNOFILE), or lower max_concurrency of the connections."
          : 'Run the query again when less runs on the machine, or lower max_concurrency of the connections.',
      retry: 'unanswered',
    })
  }
  return undefined
}

/** Codes of an error and of its causes, which may form a cycle. */
function* codesOf(error: unknown): Generator<string> {
  const seen = new Set<unknown>()
  const waiting = [error]
  while (waiting.length > 0 && seen.size < 20) {
    const next = waiting.shift()
    if (typeof next !== 'object' || next === null || seen.has(next)) continue
    seen.add(next)
    const { code, cause, errors } = next as { code?: unknown; cause?: unknown; errors?: unknown }
    if (typeof code === 'string') yield code
    waiting.push(cause, ...(Array.isArray(errors) ? errors : []))
  }
}
