/** A scan of an aggregator's table: one scan for each of its connections, side by side, with their rows combined. */
import { setMaxListeners } from 'node:events'
import { ApiError } from '@millrace/plugin-sdk'
import { cacheSource, layoutOf } from '../cache/cache-source.js'
import type { VirtualTable } from '../catalog/virtual-table.js'
import { DatabaseError } from '../database-error.js'
import type { Connection } from '../fetch/connection.js'
import type { ScanTable } from '../stage/scan-table.js'
import type { ScanTables } from '../stage/scan-tables.js'
import type { EngineContext } from './engine-context.js'
import { missingText, withConnectionName } from './missing-rows.js'

export interface MemberStaging {
  /** Stages the rows of one connection, in the columns of the aggregator's table. */
  stage(member: Connection, signal: AbortSignal): Promise<ScanTable>
  /** Called with each member that is left out because its API failed; undefined where none may be. */
  readonly leaveOut: ((message: string) => void) | undefined
}

/**
 * Each member's rows are cached separately, so that a member that was left out is asked again the next time.
 * @throws DatabaseError that names the connection
 */
export async function stageMembers(
  table: VirtualTable,
  members: readonly Connection[],
  scanTables: ScanTables,
  signal: AbortSignal,
  { stage, leaveOut }: MemberStaging,
): Promise<ScanTable> {
  const failing = new AbortController()
  const either = AbortSignal.any([signal, failing.signal])
  setMaxListeners(0, either) // all members' scans listen to it
  const failures: unknown[] = []
  const leftOut: DatabaseError[] = []
  const outcomes = await Promise.all(
    members.map((member) =>
      stage(member, either).catch((error: unknown) => {
        const named = error instanceof DatabaseError ? withConnectionName(error, member.name) : error
        if (leaveOut !== undefined && named instanceof DatabaseError && isRefusal(error)) {
          leftOut.push(named)
          return
        }
        failures.push(named)
        failing.abort()
      }),
    ),
  )
  const parts = outcomes.filter((part) => part !== undefined)
  const releaseParts = () => {
    for (const part of parts) part.release()
  }
  try {
    if (failures.length > 0) throw failures[0]
    // With no members at all, there would be nothing to go on with.
    if (parts.length === 0) throw leftOut[0]
    for (const error of leftOut) leaveOut?.(missingText('rows', error))
    const [only, second] = parts
    if (only !== undefined && second === undefined) return only
    const all = parts.map((part) => ({ table: part, condition: part.askedFor }))
    const combined = await scanTables.combine(table.definition.name, all, signal)
    return {
      ...combined,
      release: () => {
        combined.release()
        releaseParts()
      },
    }
  } catch (error) {
    releaseParts()
    throw error
  }
}

/**
 * Whether the API failed: the cause is not the query itself, such as a cancellation or an exceeded quota, nor
 * something that this machine lacks (53000), nor a defect.
 */
export function isRefusal(error: unknown): error is DatabaseError {
  return (
    error instanceof DatabaseError &&
    ApiError.is(error.cause) &&
    error.sqlState !== '57014' &&
    error.sqlState !== '53000'
  )
}

/** What rows of a table's scans are cached under, for each connection that they may go through. */
export function sourcesOf(
  table: VirtualTable,
  context: Pick<EngineContext, 'connections' | 'aggregators' | 'tableNamed'>,
): readonly string[] {
  const { name } = table.connection
  const connection = context.connections.get(name)
  const members = context.aggregators.get(name)?.members ?? []
  return [
    ...(connection === undefined ? [] : [cacheSource(table, connection)]),
    ...members.map((member) => memberSource(table, member, context)),
  ]
}

/**
 * What rows of a connection's table are cached under. Statements over the connection's own table use the same, so
 * that they share rows, unless the two tables differ in a column that a view has kept.
 */
export function memberSource(
  table: VirtualTable,
  member: Pick<Connection, 'id' | 'name'>,
  { tableNamed }: Pick<EngineContext, 'tableNamed'>,
): string {
  const own = tableNamed(member.name, table.definition.name)
  const isAlike = own !== undefined && layoutOf(own) === layoutOf(table)
  return cacheSource(isAlike ? own : table, member)
}
