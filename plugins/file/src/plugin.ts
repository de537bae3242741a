/** Tables over files: CSV, JSON, JSON lines and Parquet, local ones and those behind URLs. */
import { readFileSync } from 'node:fs'
import { definePlugin } from '@millrace/plugin-sdk'
import { checkConnection } from './check.js'
import { type FileConfig, fileConfig } from './config.js'
import { FileConnection } from './connection.js'
import { findTables } from './tables/find-tables.js'

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/** By the settings that they were made with: tables are looked for by these. */
const connections = new WeakMap<FileConfig, FileConnection>()

export default definePlugin<FileConfig, FileConnection>({
  name: 'file',
  description: 'Files: CSV, JSON, JSON lines and Parquet, local ones and those behind URLs.',
  version: String(Object(manifest).version),
  config: fileConfig,
  concurrency: 10,
  limits: () => ({ attempts: 3 }),
  connect(config, context) {
    const connection = new FileConnection(config, context)
    connections.set(config, connection)
    return connection
  },
  check: checkConnection,
  close: (connection) => connection.close(),
  preload: async () => {
    await Promise.all([import('undici'), import('hyparquet-compressors')])
  },
  async tables(config, context) {
    const open = connections.get(config)
    if (open !== undefined) return tablesOf(open, context.signal)
    const connection = new FileConnection(config, context)
    try {
      return await tablesOf(connection, context.signal)
    } finally {
      await connection.close()
    }
  },
})

async function tablesOf(connection: FileConnection, signal: AbortSignal) {
  return (await findTables(connection, signal)).map(({ table }) => table)
}
