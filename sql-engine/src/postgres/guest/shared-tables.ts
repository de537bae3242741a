/**
 * The tables by which gateways over one database share what they fetch. A crash of PostgreSQL empties them, as it empties scan
 * tables.
 */
import type { Names } from '../names.js'
import { presentNumbers } from './gateway-locks.js'

export type SharedNames = Pick<Names, 'internalSchema'>

/** The scan tables that other gateways may read. */
export const scansTable = ({ internalSchema }: SharedNames) => `${internalSchema}.shared_scan`
/** What is being asked for. */
export const flightsTable = ({ internalSchema }: SharedNames) => `${internalSchema}.shared_flight`

/** When calls have begun, or will, that count for a rate. */
export const ratesTable = ({ internalSchema }: SharedNames) => `${internalSchema}.shared_rate`

/** Scans that are staged ahead for server processes. */
export const loopbackTable = ({ internalSchema }: SharedNames) => `${internalSchema}.shared_loopback`

/** When each gateway has been seen at work. */
export const gatewaysTable = ({ internalSchema }: SharedNames) => `${internalSchema}.shared_gateway`

/** How often all gateways have been told to forget what they have fetched. It outlives a crash, as lookups do. */
export const epochTable = ({ internalSchema }: SharedNames) => `${internalSchema}.shared_epoch`

export function sharedTableStatements(names: SharedNames): readonly string[] {
  return [
    `CREATE UNLOGGED TABLE IF NOT EXISTS ${scansTable(names)} (name text COLLATE "C" PRIMARY KEY, gateway bigint NOT NULL,
  source text NOT NULL, epoch bigint NOT NULL, columns text[] NOT NULL, quals text NOT NULL, row_count float8 NOT NULL,
  fetched_at timestamptz NOT NULL, expires_at timestamptz NOT NULL)`,
    `CREATE INDEX IF NOT EXISTS shared_scan_source ON ${scansTable(names)} (source)`,
    `CREATE UNLOGGED TABLE IF NOT EXISTS ${flightsTable(names)} (id text COLLATE "C" PRIMARY KEY, gateway bigint NOT NULL,
  is_awaited bool NOT NULL DEFAULT false)`,
    `CREATE UNLOGGED TABLE IF NOT EXISTS ${ratesTable(names)} (key text COLLATE "C" PRIMARY KEY, starts float8[] NOT NULL,
  not_before float8 NOT NULL DEFAULT 0)`,
    `CREATE UNLOGGED TABLE IF NOT EXISTS ${loopbackTable(names)} (process_id int NOT NULL, gateway bigint NOT NULL,
  oid oid NOT NULL, name text NOT NULL, qualified_name text NOT NULL, columns text[] NOT NULL, PRIMARY KEY (process_id, oid))`,
    `CREATE UNLOGGED TABLE IF NOT EXISTS ${gatewaysTable(names)} (number bigint PRIMARY KEY, seen_at timestamptz NOT NULL)`,
    `CREATE TABLE IF NOT EXISTS ${epochTable(names)} (is_only bool PRIMARY KEY CHECK (is_only), epoch bigint NOT NULL)`,
    `INSERT INTO ${epochTable(names)} VALUES (true, 1) ON CONFLICT DO NOTHING`,
  ]
}

/** How long a gateway may be silent, before what it asks is asked by others. It is heard every 15 seconds. */
const longestSilence = "interval '45 seconds'"

/** A query for the numbers of the gateways that work, and have not fallen silent. */
export const livingNumbers = (names: SharedNames) => `SELECT number FROM ${gatewaysTable(names)}
  WHERE seen_at > clock_timestamp() - ${longestSilence} AND number IN (${presentNumbers})`

/** $1: the number of a gateway that is at work. */
export const noteGateway = (
  names: SharedNames,
) => `INSERT INTO ${gatewaysTable(names)} VALUES ($1, clock_timestamp())
  ON CONFLICT (number) DO UPDATE SET seen_at = EXCLUDED.seen_at`

/** What gateways have left that are not among $1. */
export const forgetGateways = (names: SharedNames): readonly string[] => [
  `DELETE FROM ${flightsTable(names)} WHERE gateway <> ALL ($1)`,
  `DELETE FROM ${loopbackTable(names)} WHERE gateway <> ALL ($1)`,
  `DELETE FROM ${gatewaysTable(names)} WHERE number <> ALL ($1)`,
]
