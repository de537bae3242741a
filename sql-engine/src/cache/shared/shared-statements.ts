/** The statements by which gateways over one database share what they fetch. */
import {
  flightsTable,
  livingNumbers,
  type SharedNames,
  scansTable,
} from '../../postgres/guest/shared-tables.js'

/**
 * $1: a source, $2: this gateway, $3: names of which nothing need be told but that they are there: their conditions may be long;
 * $4: the epoch.
 */
export const findScans = (names: SharedNames) => `
  SELECT name, CASE WHEN name <> ALL ($3) THEN columns END AS columns, CASE WHEN name <> ALL ($3) THEN quals END AS quals,
         row_count, extract(epoch FROM clock_timestamp() - fetched_at)::float8 * 1000 AS age,
         extract(epoch FROM expires_at - clock_timestamp())::float8 * 1000 AS left_over
    FROM ${scansTable(names)}
   WHERE source = $1 AND gateway <> $2 AND epoch = $4 AND expires_at > clock_timestamp() ORDER BY fetched_at DESC`

/**
 * $1: name, $2: gateway, $3: source, $4: epoch, $5: columns, $6: quals, $7: number of rows, $8 and $9: age and time left, in
 * seconds.
 */
export const publishScan = (names: SharedNames) => `
  INSERT INTO ${scansTable(names)} (name, gateway, source, epoch, columns, quals, row_count, fetched_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() - make_interval(secs => $8), clock_timestamp() + make_interval(secs => $9))`

/** $1: names. */
export const withdrawScans = (names: SharedNames) => `DELETE FROM ${scansTable(names)} WHERE name = ANY ($1)`

/**
 * $1: ids, $2: this gateway, $3: those of them that it has claimed already. Gives those that are its own now; it takes over what
 * has been left by one that has gone, and by itself. All gateways lock rows in one order, so that no two wait for each other.
 */
export const claimFlights = (names: SharedNames) => `
  INSERT INTO ${flightsTable(names)} AS flight (id, gateway)
  SELECT id, $2 FROM unnest($1::text[]) AS id WHERE id <> ALL ($3::text[]) ORDER BY id COLLATE "C"
  ON CONFLICT (id) DO UPDATE SET gateway = $2, is_awaited = false
    WHERE flight.gateway = $2 OR flight.gateway NOT IN (${livingNumbers(names)})
  RETURNING id`

/** A condition that locks rows in one order, and is true. A join with them would take time by the square of their number. */
const lockInOrder = (names: SharedNames, more = '') =>
  `(SELECT count(*) FROM (SELECT FROM ${flightsTable(names)} WHERE id = ANY ($1)${more} ORDER BY id FOR UPDATE) AS locked) >= 0`

/** $1: ids. Asks to be told when they have landed. */
export const awaitFlights = (names: SharedNames) => `
  UPDATE ${flightsTable(names)} SET is_awaited = true
   WHERE ${lockInOrder(names, ' AND NOT is_awaited')} AND id = ANY ($1) AND NOT is_awaited`

/** $1: ids. Gives one that a living gateway still asks for. */
export const findFlight = (names: SharedNames) => `
  SELECT FROM ${flightsTable(names)} WHERE id = ANY ($1) AND gateway IN (${livingNumbers(names)}) LIMIT 1`

/** $1: ids, $2: this gateway. Tells whether somebody waits for one of them. */
export const landFlights = (names: SharedNames) => `
  WITH landed AS (
    DELETE FROM ${flightsTable(names)} WHERE ${lockInOrder(names)} AND id = ANY ($1) AND gateway = $2 RETURNING is_awaited)
  SELECT coalesce(bool_or(is_awaited), false) AS is_awaited FROM landed`
