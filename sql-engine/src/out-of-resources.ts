import { DatabaseError } from './database-error.js'

/** errno names of Linux and macOS, by what has run out. */
const exhausted: ReadonlyMap<unknown, string> = new Map([
  ['EMFILE', 'file descriptors of the process'],
  ['ENFILE', 'file descriptors of the machine'],
  ['ENOBUFS', 'network buffers'],
  ['ENOMEM', 'memory'],
])

/**
 * What a failed connection to PostgreSQL says of this machine, when that is what failed: class 53, "Insufficient
 * Resources". PostgreSQL itself is not to blame, and may be well.
 */
export function outOfResources(error: unknown): DatabaseError | undefined {
  const { code, message } = Object(error)
  const what = exhausted.get(code)
  if (what === undefined) return undefined
  return new DatabaseError(`this machine has run out of ${what}`, {
    sqlState: '53000',
    detail: String(message),
    hint:
      code === 'EMFILE'
        ? "Raise the server's limit of open files (ulimit -n, LimitNOFILE), or let in fewer clients."
        : 'Try again when less runs on the machine.',
    cause: error,
  })
}
