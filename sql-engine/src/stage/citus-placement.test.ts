/**
 * What Citus is asked for, as far as a plain PostgreSQL can tell: its functions are stand-ins here, with the parameters of
 * its own (https://docs.citusdata.com/en/stable/develop/api_udf.html), which write down their calls.
 */
import type { ColumnType, Row } from '@millrace/plugin-sdk'
import { Client } from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.js'
import { citusPlacement } from './citus-placement.js'
import { ScanTables } from './scan-tables.js'

const standIns = `
  CREATE SCHEMA citus;
  CREATE TYPE citus.distribution_type AS ENUM ('hash', 'range', 'append');
  CREATE TABLE public.asked (call text);
  CREATE FUNCTION pg_catalog.create_reference_table(table_name regclass) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO public.asked VALUES ('reference') $$;
  CREATE FUNCTION pg_catalog.create_distributed_table(table_name regclass, distribution_column text,
      distribution_type citus.distribution_type DEFAULT 'hash', colocate_with text DEFAULT 'default',
      shard_count int DEFAULT NULL) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO public.asked VALUES (concat_ws(' ', distribution_type, distribution_column, colocate_with)) $$;
  CREATE FUNCTION pg_catalog.truncate_local_data_after_distributing_table(table_name regclass) RETURNS void
    LANGUAGE sql AS $$ INSERT INTO public.asked VALUES ('truncate') $$;
  CREATE FUNCTION pg_catalog.citus_total_relation_size(logicalrelid regclass, fail_on_error boolean DEFAULT true)
    RETURNS bigint LANGUAGE sql STRICT AS $$ SELECT 10000000 $$`

let postgres: TestPostgres
let client: Client
beforeAll(async () => {
  postgres = await startTestPostgres()
  client = new Client(postgres.engineConfig)
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await postgres.stop()
})

const types = { name: 'text', number: 'bigint', doc: 'jsonb' } as const satisfies Record<string, ColumnType>

/** Stages rows, and tells what Citus was asked for. */
async function asked(rows: readonly Row[]): Promise<{ calls: readonly string[]; bytes: number }> {
  await client.query('TRUNCATE public.asked')
  const log = pino({ level: 'silent' })
  const { engineConfig, names } = postgres
  const tables = new ScanTables({ engineConfig, names, log, placement: await citusPlacement(client, 1000) })
  try {
    const table = await tables.stage({
      columns: Object.entries(types).map(([name, type], index) => ({
        name,
        type,
        databaseType: type,
        attnum: index + 1,
        description: '',
      })),
      filled: Object.keys(types),
      tableName: 'acme_user',
      rows: (async function* () {
        yield rows
      })(),
      signal: new AbortController().signal,
    })
    const bytes = await table.measure()
    const answer = await client.query<{ call: string }>('SELECT call FROM public.asked')
    return { calls: answer.rows.map(({ call }) => call), bytes }
  } finally {
    await tables.stop()
  }
}

const many = Array.from({ length: 1200 }, (_, index) => ({
  name: `user ${index}`,
  number: BigInt(index % 200),
  doc: '{}',
}))

test('without Citus, its setting is an error', async () => {
  await expect(citusPlacement(client, 1000)).rejects.toMatchObject({ sqlState: 'F0000' })
})

test('what Citus is asked for', async () => {
  await client.query(standIns)
  // A few rows, whatever they are, go to all nodes.
  expect(await asked(many.slice(0, 3))).toEqual({ calls: ['reference', 'truncate'], bytes: 10_000_000 })
  // Many are distributed, by the column with the most values.
  expect(await asked(many)).toMatchObject({ calls: ['hash name none', 'truncate'] })
  // That has no NULL in any row.
  const lacking = many.map((row, index) => (index === 700 ? { ...row, name: null } : row))
  expect(await asked(lacking)).toMatchObject({ calls: ['hash number none', 'truncate'] })
  // Those without such a column stay.
  expect(await asked(many.map((row) => ({ ...row, name: null, number: 1n })))).toMatchObject({ calls: [] })
})
