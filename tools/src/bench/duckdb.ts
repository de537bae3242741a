/** DuckDB, to measure against: installed when it is needed, since no one else needs it. */
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'

const version = '1.5.6-r.1'

interface Connection {
  run(sql: string): Promise<unknown>
  runAndReadAll(sql: string): Promise<{ getRows(): readonly (readonly unknown[])[] }>
  closeSync(): void
}

const moduleSchema = z.looseObject({
  DuckDBInstance: z.custom<{ create(path: string): Promise<{ connect(): Promise<Connection> }> }>(
    (value) => typeof value === 'function',
  ),
})

/** A connection to a database in memory. */
export async function connectDuckDb(): Promise<Connection> {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'millrace-bench', version)
  await mkdir(folder, { recursive: true })
  const { resolve } = createRequire(join(folder, 'package.json'))
  const find = () => resolve('@duckdb/node-api')
  try {
    find()
  } catch {
    const install = ['install', '--prefix', folder, '--no-audit', '--no-fund', `@duckdb/node-api@${version}`]
    await promisify(execFile)('npm', install)
  }
  const { DuckDBInstance } = moduleSchema.parse(createRequire(join(folder, 'package.json'))(find()))
  return (await DuckDBInstance.create(':memory:')).connect()
}
