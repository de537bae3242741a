/** SQL functions that cast a text, or give NULL where it is not a value of the type: `try_inet(source_ip_address)`. */
import { type Client, escapeLiteral } from 'pg'
import { castSchema } from './names.js'
import { since } from './standing.js'

/** Functions by name, with the type that each gives; the types of columns of virtual tables. */
const types: Readonly<Record<string, string>> = {
  try_bigint: 'bigint',
  try_boolean: 'boolean',
  try_cidr: 'cidr',
  try_date: 'date',
  try_double: 'double precision',
  try_inet: 'inet',
  try_jsonb: 'jsonb',
  try_numeric: 'numeric',
  try_timestamptz: 'timestamp with time zone',
  try_uuid: 'uuid',
}

/**
 * The body of a typed function. The cast stands outside: within, PostgreSQL would evaluate the cast of a constant
 * while it plans, whatever WHEN says.
 */
const body = (type: string) =>
  `SELECT (CASE WHEN pg_catalog.pg_input_is_valid($1, '${type}') THEN $1 END)::${type}`

/**
 * The body of the general function. The type is that of the second argument, and so known only when it is called:
 * SQL's functions cannot do that.
 */
const generalBody = `BEGIN
  IF pg_catalog.pg_input_is_valid(value, pg_catalog.pg_typeof(otherwise)::pg_catalog.text) THEN
    otherwise := value;
  END IF;
END`

/** The same where PostgreSQL has no pg_input_is_valid: an error is caught, which takes a subtransaction each time. */
const caughtBody = (type: string) => `BEGIN
  RETURN $1::${type};
EXCEPTION WHEN data_exception OR object_not_in_prerequisite_state THEN
  RETURN NULL;
END`

const caughtGeneralBody = `BEGIN
  EXECUTE pg_catalog.format('SELECT $1::%s', pg_catalog.pg_typeof(otherwise)) INTO otherwise USING value;
EXCEPTION WHEN data_exception OR object_not_in_prerequisite_state THEN
END`

/** Where the functions are, and how they find out whether a text is a value. */
export interface CastPlace {
  readonly schema: string
  readonly hasValidity: boolean
}

/** In pg_catalog, and so on every search path, and left out by pg_dump. */
export const ownerCasts: CastPlace = { schema: 'pg_catalog', hasValidity: true }

/** @param version of the server */
export function guestCasts(version: number): CastPlace {
  return { schema: castSchema, hasValidity: version >= since.inputIsValid }
}

function bodiesOf({ hasValidity }: CastPlace): ReadonlyMap<string, string> {
  return new Map([
    ...Object.entries(types).map(
      ([name, type]) => [name, hasValidity ? body(type) : caughtBody(type)] as const,
    ),
    ['try_cast', hasValidity ? generalBody : caughtGeneralBody],
  ])
}

/**
 * Creates a typed function. It is STABLE, since pg_input_is_valid is, and not STRICT: so PostgreSQL replaces the call
 * by the CASE (https://wiki.postgresql.org/wiki/Inlining_of_SQL_functions). Subtransactions are nothing for parallel
 * workers.
 */
function createTyped([name, type]: readonly [string, string], place: CastPlace): string {
  const { schema, hasValidity } = place
  const traits = hasValidity ? 'LANGUAGE sql STABLE PARALLEL SAFE' : 'LANGUAGE plpgsql STABLE PARALLEL UNSAFE'
  return `CREATE OR REPLACE FUNCTION ${schema}.${name} (value text) RETURNS ${type}
      ${traits} AS ${escapeLiteral(bodiesOf(place).get(name) ?? '')};
    COMMENT ON FUNCTION ${schema}.${name} (text) IS 'the text as ${type}, or NULL where it is none'`
}

function createGeneral(place: CastPlace): string {
  const { schema, hasValidity } = place
  return `CREATE OR REPLACE FUNCTION ${schema}.try_cast (value text, INOUT otherwise anyelement)
    LANGUAGE plpgsql STABLE PARALLEL ${hasValidity ? 'SAFE' : 'UNSAFE'}
    AS ${escapeLiteral(bodiesOf(place).get('try_cast') ?? '')};
  COMMENT ON FUNCTION ${schema}.try_cast (text, anyelement) IS
    'the text as the type of the second argument, or the second argument where it is none'`
}

/** Creates the functions, or replaces them. */
export function createTryCasts(place: CastPlace): string {
  return [...Object.entries(types).map((type) => createTyped(type, place)), createGeneral(place)].join(';\n')
}

export const tryCasts = createTryCasts(ownerCasts)

/** Creates the functions where they are missing or differ. */
export async function ensureTryCasts(client: Client, place: CastPlace): Promise<void> {
  const bodies = bodiesOf(place)
  const { rowCount } = await client.query(
    `SELECT FROM unnest($1::text[], $2::text[]) AS wanted (name, body)
      WHERE NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = $3::regnamespace
                                              AND proname = name AND prosrc = body)`,
    [[...bodies.keys()], [...bodies.values()], place.schema],
  )
  if (rowCount !== 0) await client.query(createTryCasts(place))
}
