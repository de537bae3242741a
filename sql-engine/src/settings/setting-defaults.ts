/** What `SHOW millrace.…` shows where nothing has been set: the server's own defaults. */
import { setTimeout as delay } from 'node:timers/promises'
import { type Client, escapeLiteral } from 'pg'
import type { Quotas } from '../quota/quotas.js'
import { byDefault } from './session-settings.js'

export interface SettingDefaults {
  /** The time to live in milliseconds. */
  readonly cacheTtl: number
  readonly quotas: Quotas
}

/** How long PostgreSQL may take to read its settings again, in milliseconds. */
const patience = 5_000
const pause = 5

/** What is shown where nothing is set, by the settings' names. */
export function shownDefaults({ cacheTtl, quotas }: SettingDefaults): ReadonlyMap<string, string> {
  const values: Readonly<Record<string, string>> = {
    cache_ttl: String(cacheTtl / 1000),
    max_api_calls: count(quotas.apiCalls),
    max_keys: count(quotas.keys),
    max_rows: count(quotas.rows),
    max_bytes: bytes(quotas.bytes),
    progress: 'off',
  }
  return new Map(Object.entries(values).map(([name, value]) => [`millrace.${name}`, byDefault(value)]))
}

/**
 * Writes them where PostgreSQL keeps its own settings: values that a database, a role or a session sets take
 * precedence. They are marked as defaults, and so not read as settings. Returns when new sessions have them.
 */
export async function showDefaults(client: Client, wanted: ReadonlyMap<string, string>): Promise<void> {
  const differing = async () => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT name FROM unnest($1::text[], $2::text[]) AS wanted (name, value)
        WHERE current_setting(name, true) IS DISTINCT FROM value
          -- What users have set for the database hides them from us, too.
          AND NOT EXISTS (
            SELECT FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) AS setting
             WHERE datname = current_database() AND setrole = 0 AND split_part(setting, '=', 1) = name)`,
      [[...wanted.keys()], [...wanted.values()]],
    )
    return rows.map(({ name }) => name)
  }
  const changed = await differing()
  if (changed.length === 0) return
  for (const name of changed) {
    await client.query(`ALTER SYSTEM SET ${name} = ${escapeLiteral(wanted.get(name) ?? '')}`)
  }
  await client.query('SELECT pg_reload_conf()')
  // The postmaster reads them first, and then signals its children, one of which serves this connection.
  for (let waited = 0; waited < patience && (await differing()).length > 0; waited += pause)
    await delay(pause)
}

function count(limit: number): string {
  return limit === Number.POSITIVE_INFINITY ? '-1' : String(limit)
}

function bytes(limit: number): string {
  for (const [unit, factor] of [
    ['GB', 1024 ** 3],
    ['MB', 1024 ** 2],
    ['kB', 1024],
  ] as const) {
    if (limit !== Number.POSITIVE_INFINITY && limit > 0 && limit % factor === 0) {
      return `${limit / factor}${unit}`
    }
  }
  return count(limit)
}
