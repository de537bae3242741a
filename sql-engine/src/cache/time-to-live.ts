/** How long rows answer later statements. */
import type { Table } from '@millrace/plugin-sdk'

export interface TimesToLive {
  /** What the session has set, in milliseconds like all of these; undefined for nothing. */
  readonly session: number | undefined
  /** What the configuration says of the connection. */
  readonly connection: number | undefined
  readonly table: Table
  /** The server's default; 0 also turns off what tables say of themselves. */
  readonly server: number
}

/** @returns milliseconds; 0 asks again and caches nothing */
export function timeToLive({ session, connection, table, server }: TimesToLive): number {
  if (session !== undefined) return session
  if (connection !== undefined) return connection
  const ofTable = table.cache?.ttl
  return server === 0 || ofTable === undefined ? server : ofTable * 1000
}
