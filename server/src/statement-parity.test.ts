/**
 * Statements of every kind over virtual tables: what a client is told is what PostgreSQL says over ordinary
 * tables with the same rows, in the simple and the extended protocol, with results as text and as binary.
 */
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Message, queryMessage, RawClient } from './testing/raw-client.js'
import { statementCases } from './testing/statement-cases.js'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'
import { readErrorFields } from './wire/backend-messages.js'
import { ByteReader } from './wire/byte-reader.js'
import { ByteWriter } from './wire/byte-writer.js'
import {
  bindMessage,
  describeMessage,
  executeMessage,
  parseMessage,
  syncMessage,
} from './wire/frontend-messages.js'

let harness: TestGateway
let engine: pg.Client

beforeAll(async () => {
  harness = await startTestGateway()
  engine = await harness.connectStraight()
  await engine.query(`
    create schema ordinary;
    grant usage on schema ordinary to public;
    create table ordinary.place (like counting.place);
    insert into ordinary.place
      select ip::inet, 'city of ' || ip, null, null, 'counting', context, context
      from unnest(array['1.1.1.1', '2.2.2.2', '3.3.3.3']) ip,
        cast('{"connection_name": "counting"}' as jsonb) context;
    create table ordinary.event (like counting.event);
    insert into ordinary.event
      select e.*, 'counting', context, context from (values
        ('t1', '1.1.1.1', 'a'), ('t1', '2.2.2.2', 'b'), ('t1', 'example.com', 'c'), ('t2', '3.3.3.3', 'd')
      ) e, cast('{"connection_name": "counting"}' as jsonb) context;
    create table ordinary.kind (like counting.kind);
    insert into ordinary.kind
      select k.*, 'counting', context, context
      from (values ('small', 1), ('large', 100)) k, cast('{"connection_name": "counting"}' as jsonb) context;
    grant select on all tables in schema ordinary to public`)
})

afterAll(() => harness?.stop())

type Mode = 'simple' | 'extended, text' | 'extended, binary'

describe.each<Mode>(['simple', 'extended, text', 'extended, binary'])('%s', (mode) => {
  test.each(Object.entries(statementCases))('%s', async (name, statements) => {
    const straight = { ...harness.postgres.engineConfig, user: 'millrace', options: '' }
    // PostgreSQL cuts names, and would then take two for one.
    const schema = (tables: string) => `${tables}, ${mode}, ${name}`.slice(0, 63)
    const expected = await play(statements, mode, straight, schema('ordinary'), 'ordinary')
    const told = await play(statements, mode, harness.config, schema('counting'), 'counting')
    expect(told.map(withoutPromises)).toEqual(expected.map(withoutPromises))
  })
})

/** What is prepared at Bind fails there, and not at Execute as it does in PostgreSQL. */
function withoutPromises(replies: readonly string[]): readonly string[] {
  const fails = replies.some((reply) => reply.startsWith('E '))
  return fails ? replies.filter((reply) => !/^[2Tn] /.test(reply)) : replies
}

/** @returns for each statement, what was told of it */
async function play(
  statements: readonly string[],
  mode: Mode,
  config: pg.ClientConfig,
  schema: string,
  tables: string,
): Promise<[string, ...string[]][]> {
  const client = await RawClient.connect(config)
  try {
    client.send(queryMessage(`create schema "${schema}"; set search_path = "${schema}", ${tables}`))
    await client.until('Z')
    const told: [string, ...string[]][] = []
    for (const statement of statements) {
      // The extended protocol takes one statement at a time.
      client.send(
        mode === 'simple' || /;./s.test(statement) ? queryMessage(statement) : extended(statement, mode),
      )
      const messages = await client.until('Z')
      const replies = await Promise.all(messages.map((message) => tell(message, [schema, tables])))
      told.push([statement, ...replies])
    }
    return told
  } finally {
    client.close()
  }
}

function extended(statement: string, mode: Mode): Buffer {
  const formats = new ByteWriter().int16(0).int16(0)
  if (mode === 'extended, binary') formats.int16(1).int16(1)
  else formats.int16(0)
  return Buffer.concat([
    parseMessage('', statement, []),
    bindMessage('', '', formats.message('B').subarray(5)),
    describeMessage('P', ''),
    executeMessage(''),
    syncMessage,
  ])
}

/** Names of schemas are left out, and OIDs of what is not PostgreSQL's own are told by name. */
async function tell({ type, bytes }: Message, schemas: readonly string[]): Promise<string> {
  if (type === 'E' || type === 'N') {
    const fields = [...readErrorFields(bytes)].filter(([code]) => 'SCMDHP'.includes(code))
    let text = JSON.stringify(Object.fromEntries(fields))
    for (const schema of schemas) text = text.replaceAll(JSON.stringify(`"${schema}".`).slice(1, -1), '')
    for (const schema of schemas) text = text.replaceAll(`${schema}.`, '')
    return `${type} ${text}`
  }
  if (type !== 'T') return `${type} ${JSON.stringify(bytes.toString('latin1', 5))}`
  const reader = new ByteReader(bytes)
  const fields: string[] = []
  for (let count = reader.uint16(); count > 0; count--) {
    const name = reader.string()
    const table = await nameOf('pg_class', 'relname', reader.uint32())
    const attribute = reader.int16()
    const dataType = await nameOf('pg_type', 'typname', reader.uint32())
    fields.push(
      `${name}: ${table} ${attribute} ${dataType} ${reader.int16()} ${reader.int32()} ${reader.int16()}`,
    )
  }
  return `T ${fields.join(', ')}`
}

async function nameOf(catalog: 'pg_class' | 'pg_type', column: string, oid: number): Promise<string> {
  if (oid < 16_384) return String(oid)
  const { rows } = await engine.query(`select ${column} as name from ${catalog} where oid = $1`, [oid])
  // What a transaction has made is not seen from here.
  return rows[0]?.name ?? 'gone'
}
