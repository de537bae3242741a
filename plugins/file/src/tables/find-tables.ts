/** Finds the tables of a connection: those that its settings name, and one for each file of its paths. */
import { ApiError, type Columns, type Table } from '@millrace/plugin-sdk'
import type { FileConnection } from '../connection.js'
import { isPattern, noFileCode } from '../files/folders.js'
import { shownLocation } from '../files/locations.js'
import { bareName, formatOfName } from '../formats/file-part.js'
import { fileTable, unreadableTable } from './file-table.js'
import { findColumns } from './find-columns.js'
import { type TableSource, tableSource } from './source.js'

export interface FoundTable {
  readonly table: Table<FileConnection, Columns>
  /** Why it cannot be read; undefined where it can. */
  readonly failure?: ApiError
}

/** A table's source, or why there is none. */
interface Candidate {
  readonly source: TableSource
  readonly failure?: ApiError
}

/** How many tables are looked at side by side. */
const atOnce = 4

/** How long one may take, in milliseconds: others, and the start of a server, wait for it. */
const longestLook = 15_000

/**
 * One that cannot be read keeps no other from being there, and says so when it is asked.
 * @throws the signal's reason
 */
export async function findTables(connection: FileConnection, signal: AbortSignal): Promise<FoundTable[]> {
  const { config } = connection
  const named = Object.entries(config.tables).map(
    ([name, own]): Candidate => ({ source: tableSource(name, own.source, config, own) }),
  )
  const candidates = [...named, ...(await ofPaths(connection, signal))]
  const tables: FoundTable[] = []
  for (let start = 0; start < candidates.length; start += atOnce) {
    const some = candidates.slice(start, start + atOnce)
    tables.push(...(await Promise.all(some.map((candidate) => tableOf(candidate, connection, signal)))))
  }
  return tables
}

async function tableOf(
  { source, failure }: Candidate,
  connection: FileConnection,
  signal: AbortSignal,
): Promise<FoundTable> {
  if (failure !== undefined) return unreadable(source, failure)
  const patience = AbortSignal.timeout(longestLook)
  try {
    const found = await findColumns(source, connection, AbortSignal.any([signal, patience]))
    return { table: fileTable(source, found) }
  } catch (error) {
    signal.throwIfAborted()
    if (patience.aborted) return unreadable(source, tooSlow())
    if (!ApiError.is(error)) throw error
    return unreadable(source, error)
  }
}

/**
 * A pattern without a file has no table.
 * @throws ApiError for a path out of the folders, which is a mistake of the settings
 */
async function ofPaths(connection: FileConnection, signal: AbortSignal): Promise<Candidate[]> {
  const { config } = connection
  const byName = new Map<string, Set<string>>()
  for (const path of config.paths) {
    for (const location of await locationsOf(path, connection, signal)) {
      const shown = shownLocation(location)
      // A pattern may mean other files as well; a path means itself.
      if (formatOfName(shown) === undefined && isPattern(path)) continue
      const name = bareName(shown)
      byName.set(name, (byName.get(name) ?? new Set()).add(location))
    }
  }
  return [...byName].flatMap(([name, [first = '', ...others]]): Candidate[] => {
    if (Object.hasOwn(config.tables, name)) return []
    const source = tableSource(name, [first], config)
    return [others.length === 0 ? { source } : { source, failure: sameName(name, [first, ...others]) }]
  })
}

async function locationsOf(
  path: string,
  connection: FileConnection,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    return await connection.find(path, signal)
  } catch (error) {
    if (ApiError.is(error) && error.code === noFileCode) return []
    throw error
  }
}

function unreadable(source: TableSource, failure: ApiError): FoundTable {
  return { table: unreadableTable(source, failure), failure }
}

function tooSlow(): ApiError {
  return new ApiError(`its files could not be read within ${longestLook / 1000} s`, {
    hint: 'Check whether the URL answers, or lower sample_rows.',
  })
}

function sameName(name: string, locations: readonly string[]): ApiError {
  return new ApiError(`several files have the name ${name}`, {
    detail: locations.map(shownLocation).join(', '),
    hint: 'Name the tables in the setting tables of the connection.',
  })
}
