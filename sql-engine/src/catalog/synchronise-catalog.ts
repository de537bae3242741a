import type { Table } from '@millrace/plugin-sdk'
import { type Client, DatabaseError as ServerError } from 'pg'
import type { Logger } from 'pino'
import { DatabaseError } from '../database-error.js'
import { notOurs, readOwnSchemas } from '../postgres/guest/own-schemas.js'
import { isSystemSchema } from '../postgres/names.js'
import type { PostgresTraits } from '../postgres/postgres.js'
import {
  applyCatalogChanges,
  attempt,
  type CatalogChanges,
  catalogChanges,
  noChanges,
} from './catalog-changes.js'
import { engineColumns } from './catalog-columns.js'
import { isColumnType } from './column-type.js'
import { checkConnectionNames } from './connection-names.js'
import { type FormerTableOf, moveFormerTables, moveFormerViews } from './former-tables.js'
import {
  digestOf,
  isShownAsDefined,
  readKnownSchemas,
  sharedColumns,
  writeKnownSchemas,
} from './known-schemas.js'
import { leaveOutOfDumps } from './left-out-of-dumps.js'
import { ensureLoopbackServer } from './loopback.js'
import { type CatalogTable, readCatalog, readTableNames } from './read-catalog.js'
import { type SearchPathOptions, setSearchPath } from './search-path.js'
import { tableDefinition } from './table-definition.js'
import { ensureTableFunction } from './table-functions.js'
import { qualifiedName } from './table-names.js'
import { createSchema, type TableStyle, tableStyleOf } from './table-style.js'
import { ensureViewDefinition } from './view-definitions.js'
import type { CatalogColumn, CatalogConnection, VirtualTable } from './virtual-table.js'

export interface SynchroniseOptions {
  readonly log: Logger
  /** The schema of the system tables, which is not on the search path. Default is none. */
  readonly own?: readonly CatalogConnection[]
  /** For how long statements may keep a change waiting, in milliseconds; 0, the default, for any time. */
  readonly lockTimeout?: number
  readonly searchPath?: SearchPathOptions | undefined
  /**
   * What becomes of differences between what is there and what should be: they are mended; or they are an error, since other
   * gateways work with what is there; or they stay, and the tables that differ are not among the result. Default is `mend`.
   */
  readonly differences?: Differences
}

export type Differences = 'mend' | 'refuse' | 'leave'

/**
 * Makes PostgreSQL's catalog show the connections' tables, each connection's in a schema of its own, and returns what
 * the catalog then holds. Writes only what differs from what is there, in one transaction; where there is much to write, in
 * several. Users' views over the tables survive; where one forbids a change, the change is left out with a warning.
 * @throws CatalogIsLocked when they keep it for longer; no table has changed then that was there before, unless many go
 * @throws DatabaseError when a connection's name or a plugin's table cannot be shown; 55000 for differences that are refused
 */
export async function synchroniseCatalog(
  client: Client,
  traits: PostgresTraits,
  connections: readonly CatalogConnection[],
  { log, own = [], lockTimeout = 0, searchPath = {}, differences = 'mend' }: SynchroniseOptions,
): Promise<readonly VirtualTable[]> {
  checkConnectionNames(connections)
  const { names: ownNames, standing } = traits
  const style = tableStyleOf(traits)
  const begin = `BEGIN; SET LOCAL lock_timeout = ${lockTimeout}`
  await client.query(begin)
  try {
    await ensureLoopbackServer(client, traits)
    await client.query(style.preparation)
    await ensureViewDefinition(client, traits)
    await ensureTableFunction(client, traits)
    const all = [...connections, ...own]
    const shown = await ensureSchemas(client, traits, all, log)
    const { tables: moved, views } =
      standing.kind === 'owner' ? await moveFormerTables(client) : { tables: [], views: [] }
    const names = await readTableNames(client, traits)
    const known = await readKnownSchemas(client, ownNames)
    const trusted = trustedSchemas(shown, names, known, style)
    const isAllTrusted = [...names.keys()].every((name) => trusted.has(name))
    const current = isAllTrusted ? [] : await readCatalog(client, traits, [...trusted])
    const compared = shown.filter(({ name }) => !trusted.has(name))
    const wanted = compared.flatMap(({ name, tables }) =>
      tables.tables === undefined
        ? current.filter(({ schema }) => schema === name)
        : tables.tables.map((table) => style.shown(tableDefinition(name, table))),
    )
    const found = catalogChanges(current, wanted, style)
    if (differences === 'refuse') refuseDifferences(found)
    const changes = differences === 'leave' ? noChanges : found
    await applyCatalogChanges(client, style, changes, log, async () => {
      await client.query(`COMMIT; ${begin}`)
    })
    await moveFormerViews(client, views)
    const former = views.length === 0 ? moved : (await moveFormerTables(client)).tables
    if (compared.length > 0 && standing.kind === 'owner') await leaveOutOfDumps(client, 'all')
    await dropEmptySchemas(client, style, changes, all)
    await setSearchPath(
      client,
      standing,
      shown.filter((connection) => !own.includes(connection)).map(({ name }) => name),
      searchPath,
    )
    const unchanged = changes.created.length + changes.changed.length + changes.removed.length === 0
    const made = newSchemas(compared, names)
    const asDefined = new Set([...trusted, ...made])
    const others = compared.filter(({ name }) => !made.has(name))
    const catalog =
      unchanged || others.length === 0 ? current : await readCatalog(client, traits, [...asDefined])
    await noteKnown(client, traits, style, { made, others, catalog, known, shown })
    const left = new Set(
      differences === 'leave' ? found.changed.map(({ wanted: one }) => qualifiedName(one)) : [],
    )
    const tables = [
      ...tablesAsDefined(shown, asDefined, unchanged ? names : await readTableNames(client, traits), former),
      ...virtualTables(catalog, others, former),
    ]
    await client.query(differences === 'leave' ? 'ROLLBACK' : 'COMMIT')
    return tables.filter(({ schema, definition: { name } }) => !left.has(qualifiedName({ schema, name })))
  } catch (error) {
    // If the connection is lost, this fails too, and what happened first matters more.
    await client.query('ROLLBACK').catch(() => {})
    throw error instanceof ServerError && error.code === lockNotAvailable ? new CatalogIsLocked(error) : error
  }
}

/** The most tables that an error lists. */
const mostListed = 10

/** @throws DatabaseError 55000 where there are any */
function refuseDifferences({ created, changed, removed }: CatalogChanges): void {
  const told = [
    ...created.map((table) => `${qualifiedName(table)} is missing there`),
    ...changed.map(({ wanted }) => `${qualifiedName(wanted)} is another one there`),
    ...removed.map((table) => `${qualifiedName(table)} is unknown here`),
  ]
  if (told.length === 0) return
  const more = told.length > mostListed ? `; and ${told.length - mostListed} more` : ''
  throw new DatabaseError('other gateways work in the database with other tables than this one has', {
    sqlState: '55000', // object_not_in_prerequisite_state
    detail: `${told.slice(0, mostListed).join('; ')}${more}.`,
    hint: 'Give all gateways over one database the same connections, and the same version; to change them, change those that run first.',
  })
}

/** Connections whose schemas show what they should, as was written down, and have these tables. */
function trustedSchemas(
  connections: readonly CatalogConnection[],
  names: ReadonlyMap<string, ReadonlyMap<string, number>>,
  known: ReadonlyMap<string, string>,
  style: TableStyle,
): ReadonlySet<string> {
  const trusted = connections.filter(({ name, tables: { tables } }) => {
    const there = names.get(name) ?? new Map<string, number>()
    return (
      tables !== undefined &&
      known.get(name) === digestOf(name, tables, style) &&
      there.size === tables.length &&
      tables.every((table) => there.has(table.name))
    )
  })
  return new Set(trusted.map(({ name }) => name))
}

/** Connections that had no tables before: what has just been made shows what it should. */
function newSchemas(
  connections: readonly CatalogConnection[],
  names: ReadonlyMap<string, ReadonlyMap<string, number>>,
): ReadonlySet<string> {
  const made = connections.filter(({ name, tables }) => tables.tables !== undefined && !names.has(name))
  return new Set(made.map(({ name }) => name))
}

/**
 * Writes down which schemas show what they should.
 * @param others connections whose schemas were there, and have been read
 */
async function noteKnown(
  client: Client,
  { names }: PostgresTraits,
  style: TableStyle,
  {
    made,
    others,
    catalog,
    known,
    shown,
  }: {
    readonly made: ReadonlySet<string>
    readonly others: readonly CatalogConnection[]
    readonly catalog: readonly CatalogTable[]
    readonly known: ReadonlyMap<string, string>
    readonly shown: readonly CatalogConnection[]
  },
): Promise<void> {
  const bySchema = bySchemas(catalog)
  const exact = new Map<string, string>()
  for (const { name, tables } of shown) {
    if (tables.tables !== undefined && made.has(name)) exact.set(name, digestOf(name, tables.tables, style))
  }
  for (const { name, tables } of others) {
    if (tables.tables === undefined) continue
    if (isShownAsDefined(name, tables.tables, bySchema.get(name) ?? [], style)) {
      exact.set(name, digestOf(name, tables.tables, style))
    }
  }
  const there = new Set(shown.map(({ name }) => name))
  const unknown = others.filter(({ name }) => !exact.has(name)).map(({ name }) => name)
  const gone = [...known.keys()].filter((name) => !there.has(name))
  await writeKnownSchemas(client, names, exact, [...unknown, ...gone])
}

function bySchemas(catalog: readonly CatalogTable[]): ReadonlyMap<string, readonly CatalogTable[]> {
  const schemas = new Map<string, CatalogTable[]>()
  for (const table of catalog) {
    const tables = schemas.get(table.schema)
    if (tables === undefined) schemas.set(table.schema, [table])
    else tables.push(table)
  }
  return schemas
}

/** What PostgreSQL says when lock_timeout has passed. */
const lockNotAvailable = '55P03'

/** Statements hold tables that are to change. */
export class CatalogIsLocked extends Error {
  constructor(cause: ServerError) {
    super(cause.message, { cause })
  }
}

/** @returns the connections that have their schema; one whose schema belongs to someone else is left out */
async function ensureSchemas(
  client: Client,
  traits: PostgresTraits,
  connections: readonly CatalogConnection[],
  log: Logger,
): Promise<CatalogConnection[]> {
  const { rows } = await client.query<{ name: string; owner: string }>(
    `SELECT nspname AS name, rolname AS owner
       FROM pg_namespace JOIN pg_roles ON pg_roles.oid = nspowner WHERE nspname = ANY ($1)`,
    [connections.map(({ name }) => name)],
  )
  const { names, standing } = traits
  const recorded = standing.kind === 'owner' ? undefined : new Set(await readOwnSchemas(client, names))
  const owners = new Map(rows.map(({ name, owner }) => [name, owner]))
  const shown: CatalogConnection[] = []
  for (const connection of connections) {
    const owner = owners.get(connection.name)
    if (owner === undefined)
      await client.query(createSchema(connection.name, connection.plugin.description, traits))
    const isOurs = owner === names.engineRole && recorded?.has(connection.name) !== false
    if (owner === undefined || isOurs) shown.push(connection)
    else if (isSystemSchema(connection.name)) throw notOurs(connection.name)
    else {
      log.error(
        { connection: connection.name, owner },
        'a connection has no tables, since there is a schema of its name that is not ours; rename one of them',
      )
    }
  }
  return shown
}

/** Drops the schemas of connections that are gone, except those where tables had to stay. */
async function dropEmptySchemas(
  client: Client,
  style: TableStyle,
  { removed }: CatalogChanges,
  connections: readonly CatalogConnection[],
): Promise<void> {
  const configured = new Set(connections.map(({ name }) => name))
  for (const schema of new Set(removed.map((table) => table.schema))) {
    if (configured.has(schema) || isSystemSchema(schema)) continue
    await attempt(client, style.dropSchema(schema))
  }
}

/** The tables of schemas that are known to show them as they are defined. */
function tablesAsDefined(
  connections: readonly CatalogConnection[],
  trusted: ReadonlySet<string>,
  names: ReadonlyMap<string, ReadonlyMap<string, number>>,
  former: readonly FormerTableOf[],
): VirtualTable[] {
  return connections.flatMap((connection) => {
    const { name, tables } = connection
    if (!trusted.has(name)) return []
    const failure = tables.kind === 'failed' ? tables.error : undefined
    return (tables.tables ?? []).flatMap((table): VirtualTable[] => {
      const oid = names.get(name)?.get(table.name)
      if (oid === undefined) return []
      const columns = sharedColumns(name, table)
      const formerOids = former
        .filter((one) => standsFor(one, { schema: name, name: table.name, columns: columnTypes(columns) }))
        .map((one) => one.oid)
      return [{ oid, formerOids, schema: name, definition: table, connection, columns, failure }]
    })
  })
}

function columnTypes(columns: readonly CatalogColumn[]): { readonly name: string; readonly type: string }[] {
  return columns.map(({ name, databaseType }) => ({ name, type: databaseType }))
}

function virtualTables(
  catalog: readonly CatalogTable[],
  connections: readonly CatalogConnection[],
  former: readonly FormerTableOf[],
): VirtualTable[] {
  const byName = new Map(catalog.map((table) => [qualifiedName(table), table]))
  const bySchema = bySchemas(catalog)
  return connections.flatMap((connection) => {
    const { name, tables } = connection
    const failure = tables.kind === 'failed' ? tables.error : undefined
    const definitions = tables.tables ?? (bySchema.get(name) ?? []).map(definitionOf)
    return definitions.flatMap((table): VirtualTable[] => {
      const shown = byName.get(qualifiedName({ schema: connection.name, name: table.name }))
      if (shown === undefined) return []
      const columns = catalogColumnsOf(shown, tableDefinition(name, table).columns)
      const formerOids = former.filter((one) => standsFor(one, shown)).map(({ oid }) => oid)
      return [{ oid: shown.oid, formerOids, schema: name, definition: table, connection, columns, failure }]
    })
  })
}

/** The definition of a table that is only in the catalog; nothing can be asked of it. */
function definitionOf({ name, description, columns }: CatalogTable): Table {
  const own = columns.filter((column) => !engineColumns.some((one) => one.name === column.name))
  return {
    name,
    description,
    columns: Object.fromEntries(
      own.map(({ name: column, type, description: about }) => [
        column,
        { type: isColumnType(type) ? type : 'text', description: about },
      ]),
    ),
    keys: {},
    examples: [],
    // biome-ignore lint/correctness/useYield: it has no rows
    async *list() {
      throw new Error(`${name} cannot be asked`)
    },
  }
}

/**
 * Whether a virtual table stands for a former one. It does not if a column has gone or has another type: readers must
 * then get an error.
 */
function standsFor(
  former: FormerTableOf,
  {
    schema,
    name,
    columns,
  }: Pick<CatalogTable, 'schema' | 'name'> & {
    readonly columns: readonly { readonly name: string; readonly type: string }[]
  },
): boolean {
  const shown = new Set(columns.map((column) => `${column.name} ${column.type}`))
  return (
    former.schema === schema && former.name === name && former.columns.every((column) => shown.has(column))
  )
}

/** Columns that only the catalog has, kept for a view's sake, are among them; nothing fills them. */
function catalogColumnsOf(
  shown: CatalogTable,
  defined: readonly { readonly name: string; readonly type: string }[],
): CatalogColumn[] {
  const types = new Map(defined.map(({ name, type }) => [name, type]))
  return shown.columns.map(({ name, attnum, type, description }) => {
    const databaseType = isColumnType(type) ? type : 'text'
    const yielded = types.get(name) ?? databaseType
    return { name, attnum, description, databaseType, type: isColumnType(yielded) ? yielded : databaseType }
  })
}
