/** What the options of a query set in its session. */
import type { Client } from 'pg'
import { UserError } from '../user-error.js'
import type { QueryOptions } from './options.js'

type Settings = Pick<QueryOptions, 'searchPath' | 'searchPathPrefix' | 'timeout'>

/** @throws UserError that names a schema which is not there */
export async function setUpSession(client: Client, settings: Settings): Promise<void> {
  const { searchPath, searchPathPrefix, timeout } = settings
  if (timeout !== undefined) await set(client, 'statement_timeout', String(Math.round(timeout * 1000)))
  if (searchPath === undefined && searchPathPrefix.length === 0) return
  await checkSchemas(client, [...searchPathPrefix, ...(searchPath ?? [])])
  const rest = searchPath === undefined ? await currentPath(client) : searchPath.map(quoted).join(', ')
  const parts = [...searchPathPrefix.map(quoted), rest].filter((part) => part !== '')
  await set(client, 'search_path', parts.join(', '))
}

async function set(client: Client, name: string, value: string): Promise<void> {
  await client.query('select pg_catalog.set_config($1, $2, false)', [name, value])
}

async function currentPath(client: Client): Promise<string> {
  const { rows } = await client.query<{ path: string }>(
    `select pg_catalog.current_setting('search_path') as path`,
  )
  return rows[0]?.path ?? ''
}

/** PostgreSQL passes over a schema that is not there, and may find another table than the one that was meant. */
async function checkSchemas(client: Client, names: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'select nspname::text as name from pg_catalog.pg_namespace order by 1',
  )
  const known = rows.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name) && name !== '$user' && name !== 'pg_temp')
  if (unknown === undefined) return
  const { closest, distance } = await import('fastest-levenshtein')
  const near = closest(unknown, known)
  const meant = distance(unknown, near) <= 2 ? `; did you mean "${near}"?` : ''
  throw new UserError(`--search-path names a schema "${unknown}" that does not exist${meant}`, 2)
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
