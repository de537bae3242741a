/** What `millrace connection test` finds out: which of the tables can be read. */
import type { CheckResult, CheckScan } from '@millrace/plugin-sdk'
import type { FileConnection } from './connection.js'
import { findTables } from './tables/find-tables.js'

export async function checkConnection(connection: FileConnection, scan: CheckScan): Promise<CheckResult> {
  const found = await scan.call('open', (signal) => findTables(connection, signal))
  const names = found.flatMap(({ table, failure }) => (failure === undefined ? [table.name] : []))
  return {
    facts: { readable: names.join(', ') || 'none' },
    missing: found.flatMap(({ table, failure }) =>
      failure === undefined
        ? []
        : [
            `${table.name} cannot be read: ${failure.message}${failure.hint === undefined ? '' : `. ${failure.hint}`}`,
          ],
    ),
  }
}
