import { DatabaseError } from './database-error.js'

/** The names of what has run out, by the errno names of Linux and macOS. */
const exhausted: ReadonlyMap<unknown, string> = new Map([
  ['EMFILE', 'file descriptors of the process'],
  ['ENFILE', 'file descriptors of the machine'],
  ['ENOBUFS', 'network buffers'],
  ['ENOMEM', 'memory'],
])

/**
 * The error for a failed connection to PostgreSQL if this machine is what failed: class 53, "Insufficient Resources".
 * PostgreSQL itself is not to blame, and may be well.
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
