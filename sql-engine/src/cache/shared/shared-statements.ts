/** The statements by which gateways over one database share what they fetch. */
import { presentNumbers } from '../../postgres/guest/gateway-locks.js'
import { flightsTable, type SharedNames, scansTable } from '../../postgres/guest/shared-tables.js'

/** $1: a source, $2: this gateway, $3: names of which nothing need be told but that they are there: their conditions may be long. */
export const findScans = (names: SharedNames) => `
  SELECT name, CASE WHEN name <> ALL ($3) THEN columns END AS columns, CASE WHEN name <> ALL ($3) THEN quals END AS quals,
         row_count, extract(epoch FROM clock_timestamp() - fetched_at)::float8 * 1000 AS age,
         extract(epoch FROM expires_at - clock_timestamp())::float8 * 1000 AS left_over
    FROM ${scansTable(names)} WHERE source = $1 AND gateway <> $2 AND expires_at > clock_timestamp() ORDER BY fetched_at DESC`

/** $1: name, $2: gateway, $3: source, $4: columns, $5: quals, $6: number of rows, $7 and $8: age and time left, in seconds. */
export const publishScan = (names: SharedNames) => `
  INSERT INTO ${scansTable(names)} (name, gateway, source, columns, quals, row_count, fetched_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() - make_interval(secs => $7), clock_timestamp() + make_interval(secs => $8))`

/** $1: names. */
export const withdrawScans = (names: SharedNames) => `DELETE FROM ${scansTable(names)} WHERE name = ANY ($1)`

/** $1: ids, $2: this gateway. Gives those that are its own now; it takes over what a gateway has left that has gone. */
export const claimFlights = (names: SharedNames) => `
  INSERT INTO ${flightsTable(names)} AS flight (id, gateway) SELECT id, $2 FROM unnest($1::text[]) AS id ORDER BY id
  ON CONFLICT (id) DO UPDATE SET gateway = $2, is_awaited = false
    WHERE flight.gateway NOT IN (${presentNumbers})
  RETURNING id`

/** Rows are locked in one order by all, so that no two gateways wait for each other. */
const inOrder = (names: SharedNames) =>
  `(SELECT id FROM ${flightsTable(names)} WHERE id = ANY ($1) ORDER BY id FOR UPDATE)`

/** $1: ids. Gives those that living gateways still ask for, which will tell when they have landed. */
export const awaitFlights = (names: SharedNames) => `
  UPDATE ${flightsTable(names)} AS flight SET is_awaited = true FROM ${inOrder(names)} AS wanted
   WHERE flight.id = wanted.id AND gateway IN (${presentNumbers}) RETURNING flight.id`

/** $1: ids, $2: this gateway. Tells whether somebody waits for one of them. */
export const landFlights = (names: SharedNames) => `
  WITH landed AS (
    DELETE FROM ${flightsTable(names)} AS flight USING ${inOrder(names)} AS wanted
     WHERE flight.id = wanted.id AND gateway = $2 RETURNING is_awaited)
  SELECT coalesce(bool_or(is_awaited), false) AS is_awaited FROM landed`
