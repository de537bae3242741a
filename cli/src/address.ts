/** Where clients find a gateway. */

export interface ConnectionAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** A connection URI: https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-CONNSTRING-URIS */
export function connectionUrl({ host, port, user, password, database }: ConnectionAddress): string {
  const authority = `${escapeText(user)}:${escapeText(password)}@${host.includes(':') ? `[${host}]` : host}:${port}`
  return `postgres://${authority}/${escapeText(database)}`
}

/** Escapes also what encodeURIComponent leaves, but a shell would not. */
function escapeText(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
