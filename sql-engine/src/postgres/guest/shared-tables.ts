/**
 * The tables by which gateways over one database share what they fetch. A crash of PostgreSQL empties them, as it empties scan
 * tables.
 */
import type { Names } from '../names.js'

export type SharedNames = Pick<Names, 'internalSchema'>

/** The scan tables that other gateways may read. */
export const scansTable = ({ internalSchema }: SharedNames) => `${internalSchema}.shared_scan`
/** What is being asked for. */
export const flightsTable = ({ internalSchema }: SharedNames) => `${internalSchema}.shared_flight`

/** When calls have begun, or will, that count for a rate. */
export const ratesTable = ({ internalSchema }: SharedNames) => `${internalSchema}.shared_rate`

/** Scans that are staged ahead for server processes. */
export const loopbackTable = ({ internalSchema }: SharedNames) => `${internalSchema}.shared_loopback`

export function sharedTableStatements(names: SharedNames): readonly string[] {
  return [
    `CREATE UNLOGGED TABLE IF NOT EXISTS ${scansTable(names)} (name text COLLATE "C" PRIMARY KEY, gateway bigint NOT NULL,
  source text NOT NULL, columns text[] NOT NULL, quals text NOT NULL, row_count float8 NOT NULL,
  fetched_at timestamptz NOT NULL, expires_at timestamptz NOT NULL)`,
    `CREATE INDEX IF NOT EXISTS shared_scan_source ON ${scansTable(names)} (source)`,
    `CREATE UNLOGGED TABLE IF NOT EXISTS ${flightsTable(names)} (id text COLLATE "C" PRIMARY KEY, gateway bigint NOT NULL,
  is_awaited bool NOT NULL DEFAULT false)`,
    `CREATE UNLOGGED TABLE IF NOT EXISTS ${ratesTable(names)} (key text COLLATE "C" PRIMARY KEY, starts float8[] NOT NULL,
  not_before float8 NOT NULL DEFAULT 0)`,
    `CREATE UNLOGGED TABLE IF NOT EXISTS ${loopbackTable(names)} (process_id int NOT NULL, gateway bigint NOT NULL,
  oid oid NOT NULL, name text NOT NULL, qualified_name text NOT NULL, columns text[] NOT NULL, PRIMARY KEY (process_id, oid))`,
  ]
}
