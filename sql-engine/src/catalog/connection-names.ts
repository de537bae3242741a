import { DatabaseError } from '../database-error.js'
import type { CatalogConnection } from './virtual-table.js'

/** The names of PostgreSQL's own schemas and of Millrace's. */
const reserved = /^(?:pg_.*|public|information_schema|millrace|millrace_.*|steampipe_internal)$/

/** @throws DatabaseError when a connection's name cannot be that of a schema of its own */
export function checkConnectionNames(connections: readonly CatalogConnection[]): void {
  const seen = new Set<string>()
  for (const { name } of connections) {
    if (name === '' || Buffer.byteLength(name) > 63) throw unfit(name, 'It does not have 1 to 63 bytes.')
    if (reserved.test(name)) throw unfit(name, 'A schema of this name is reserved.')
    if (seen.has(name)) throw unfit(name, 'Two connections have it.')
    seen.add(name)
  }
}

function unfit(name: string, detail: string): DatabaseError {
  return new DatabaseError(`"${name}" cannot be the name of a connection`, {
    sqlState: 'F0000', // config_file_error
    detail,
    hint: 'Give the connection another name in the configuration.',
  })
}
