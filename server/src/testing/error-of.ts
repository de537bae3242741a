import pg from 'pg'

/** The error that PostgreSQL, or the gateway, answers with. */
export async function errorOf(promise: Promise<unknown>): Promise<pg.DatabaseError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof pg.DatabaseError)) throw new Error(`no database error, but ${String(error)}`)
  return error
}
