/** A folder of files, and connections of the plugin that read them. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Columns, Table } from '@millrace/plugin-sdk'
import { collectRows, type ScanRequest } from '@millrace/plugin-sdk/testing'
import { fileConfig } from '../config.js'
import { FileConnection } from '../connection.js'
import { findTables } from '../tables/find-tables.js'

export type FoundTable = Table<FileConnection, Columns>

export class FileHarness {
  /** How often a connection has said that its tables may be others. */
  schemaChanges = 0
  readonly folder: string
  readonly #connections: FileConnection[] = []

  private constructor(folder: string) {
    this.folder = folder
  }

  static async start(): Promise<FileHarness> {
    return new FileHarness(await realpath(await mkdtemp(join(tmpdir(), 'millrace-file-test-'))))
  }

  async write(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(this.folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
    return path
  }

  connect(settings: object): FileConnection {
    const connection = new FileConnection(fileConfig.parse({ folders: [this.folder], ...settings }), {
      environment: {},
      maxAnswerBytes: 1024 * 1024,
      schemaChanged: () => this.schemaChanges++,
    })
    this.#connections.push(connection)
    return connection
  }

  /** The table `t` over a source, or over the file of a content. */
  async table(
    own: object,
    settings: object = {},
  ): Promise<{ table: FoundTable; connection: FileConnection }> {
    const connection = this.connect({ tables: { t: own }, ...settings })
    const [found] = await findTables(connection, new AbortController().signal)
    if (found === undefined) throw new Error('there is no table')
    return { table: found.table, connection }
  }

  async rows(
    own: object,
    request: Partial<ScanRequest<FileConnection, Columns>> = {},
    settings: object = {},
  ) {
    const { table, connection } = await this.table(own, settings)
    const columns = Object.keys(table.columns).filter((name) => !name.startsWith('_'))
    return collectRows(table, { connection, columns, attempts: 1, ...request }).then((rows) =>
      rows.map((row) => Object.fromEntries(columns.map((name) => [name, row[name]]))),
    )
  }

  /** The types of the table's columns, without those of the plugin's own. */
  async types(own: object): Promise<Record<string, string>> {
    const { table } = await this.table(own)
    const columns = Object.entries(table.columns).filter(([name]) => !name.startsWith('_'))
    return Object.fromEntries(columns.map(([name, { type }]) => [name, type]))
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections) await connection.close()
    await rm(this.folder, { recursive: true })
  }
}
