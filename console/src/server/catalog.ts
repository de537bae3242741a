/** What there is to be asked, from the tables that Millrace describes itself with. */
import { z } from 'zod'
import type { CachedRows, CatalogAnswer, CatalogColumn, CatalogTable } from '../protocol/messages.js'
import type { Database, DatabaseSession } from './database.js'
import { openSession } from './open-session.js'
import { count, readRecords } from './records.js'

const connectionShape = z.object({
  name: z.string(),
  plugin: z.string(),
  tables: count,
  state: z.string(),
  error: z.string().nullable(),
})

const tableShape = z.object({ connection: z.string(), name: z.string(), description: z.string().nullable() })

const columnShape = z.object({
  connection: z.string(),
  table_name: z.string(),
  name: z.string(),
  type: z.string(),
  description: z.string().nullable(),
  operators: z.array(z.string()).nullable(),
  require: z.string().nullable(),
})

export async function readCatalog(
  database: Database,
): Promise<Pick<CatalogAnswer, 'version' | 'connections' | 'tables'>> {
  const session = await openSession(database, { writes: false })
  try {
    const [first] = await readRecords(
      session,
      z.object({ version: z.string() }),
      'select millrace.version() as version',
    )
    const connections = await readRecords(
      session,
      connectionShape,
      'select name, plugin, tables, state, error from millrace.connection order by name',
    )
    return { version: first?.version ?? '', connections, tables: await readTables(session) }
  } finally {
    await session.end()
  }
}

async function readTables(session: DatabaseSession): Promise<CatalogTable[]> {
  const tables = await readRecords(
    session,
    tableShape,
    'select connection, name, description from millrace."table" order by connection, name',
  )
  const columns = await readRecords(
    session,
    columnShape,
    `select connection, table_name, name, type, description, key_operators as operators, key_require as require
     from millrace."column"`,
  )
  const ofTables = new Map<string, CatalogColumn[]>()
  for (const { connection, table_name, ...column } of columns) {
    const table = `${connection}\n${table_name}`
    const known = ofTables.get(table)
    if (known === undefined) ofTables.set(table, [column])
    else known.push(column)
  }
  return tables.map((table) => ({
    ...table,
    columns: ofTables.get(`${table.connection}\n${table.name}`) ?? [],
  }))
}

const cachedShape = z.object({
  connection: z.string(),
  table: z.string(),
  rows: count,
  bytes: count,
  seconds: count,
})

export async function readCache(database: Database): Promise<readonly CachedRows[]> {
  const session = await openSession(database, { writes: false })
  try {
    return await readRecords(
      session,
      cachedShape,
      `select connection, table_name as table, sum(rows) as rows, sum(bytes) as bytes, max(age_s) as seconds
       from millrace.cache group by 1, 2 order by 1, 2`,
    )
  } finally {
    await session.end()
  }
}

/** @param table of which rows are forgotten; without it, of all */
export async function clearCache(database: Database, table: string | undefined): Promise<void> {
  const session = await openSession(database, { writes: true })
  try {
    if (table === undefined) await session.command('select millrace.cache_clear()')
    else await session.command('select millrace.cache_clear($1)', [table])
  } finally {
    await session.end()
  }
}
