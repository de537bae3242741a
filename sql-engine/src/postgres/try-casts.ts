/**
 * SQL functions that cast a text, or give NULL where it is not a value of the type: `try_inet(source_ip_address)`.
 * They are in pg_catalog, and so on every search path, and pg_dump leaves them out.
 */
import { type Client, escapeLiteral } from 'pg'

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

const bodies: ReadonlyMap<string, string> = new Map([
  ...Object.entries(types).map(([name, type]) => [name, body(type)] as const),
  ['try_cast', generalBody],
])

/**
 * Creates a typed function. It is STABLE, since pg_input_is_valid is, and not STRICT: so PostgreSQL replaces the call
 * by the CASE (https://wiki.postgresql.org/wiki/Inlining_of_SQL_functions).
 */
function createTyped([name, type]: readonly [string, string]): string {
  return `CREATE OR REPLACE FUNCTION pg_catalog.${name} (value text) RETURNS ${type}
      LANGUAGE sql STABLE PARALLEL SAFE AS ${escapeLiteral(body(type))};
    COMMENT ON FUNCTION pg_catalog.${name} (text) IS 'the text as ${type}, or NULL where it is none'`
}

const createGeneral = `CREATE OR REPLACE FUNCTION pg_catalog.try_cast (value text, INOUT otherwise anyelement)
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS ${escapeLiteral(generalBody)};
  COMMENT ON FUNCTION pg_catalog.try_cast (text, anyelement) IS
    'the text as the type of the second argument, or the second argument where it is none'`

/** Creates the functions, or replaces them. */
export const tryCasts = [...Object.entries(types).map(createTyped), createGeneral].join(';\n')

/** Creates the functions where they are missing or differ. */
export async function ensureTryCasts(client: Client): Promise<void> {
  const { rowCount } = await client.query(
    `SELECT FROM unnest($1::text[], $2::text[]) AS wanted (name, body)
      WHERE NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
                                              AND proname = name AND prosrc = body)`,
    [[...bodies.keys()], [...bodies.values()]],
  )
  if (rowCount !== 0) await client.query(tryCasts)
}
