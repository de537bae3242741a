/** Tables of a plugin of Steampipe, against the plugin itself. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { PluginHost } from '@millrace/plugin-steampipe/process/plugin-host'
import { type PluginQual, writeExecuteRequest } from '@millrace/plugin-steampipe/protocol/execute-request'
import { steampipePlugin } from '@millrace/plugin-steampipe/steampipe-plugin'
import { Engine } from '@millrace/sql-engine/engine'
import { startEmbeddedPostgres } from '@millrace/sql-engine/postgres/embedded-postgres'
import { bridgePlugin } from '@millrace/test/testing/bridge-plugin'
import pg from 'pg'
import { pino } from 'pino'
import { type Benchmark, median, milliseconds, timed } from './benchmark.js'

const rows = 50_000
const keys = 200
const rounds = 5
const manyColumns = ['n', 'name', 'region', 'ok', 'size', 'at', 'tags', 'count']

/** A plugin without Millrace: its messages are read, and nothing is made of them. */
class BarePlugin {
  readonly #host: PluginHost

  private constructor(host: PluginHost) {
    this.#host = host
  }

  static async start(settings = ''): Promise<BarePlugin> {
    const host = new PluginHost({ name: 'bridge', path: await bridgePlugin() })
    host.add({ name: 'bare', config: settings }, { PATH: process.env.PATH }, () => {})
    return new BarePlugin(host)
  }

  /** @returns how many messages came */
  async drain(table: string, columns: readonly string[], quals: readonly PluginQual[]): Promise<number> {
    const callId = this.#host.nextCallId()
    const request = { table, connection: 'bare', callId, columns, quals, limit: undefined }
    const signal = new AbortController().signal
    let count = 0
    for await (const messages of this.#host.execute('bare', callId, writeExecuteRequest(request), signal)) {
      count += messages.length
    }
    return count
  }

  stop(): Promise<void> {
    return this.#host.stop()
  }
}

export const bridgeRows: Benchmark = {
  name: 'bridge_rows_ratio',
  meaning: `${rows} rows of ${manyColumns.length} columns from a plugin of Steampipe: drained by a bare client / to a client of the gateway; aim: at least 0.8`,
  async run({ millrace }) {
    const bare = await BarePlugin.start()
    const client = new pg.Client({ ...millrace.gateway, options: '-c millrace.cache_ttl=0' })
    await client.connect()
    try {
      const count: PluginQual = {
        column: 'count',
        operator: '=',
        values: [{ kind: 'int', value: BigInt(rows) }],
      }
      const text = `select ${manyColumns.join(', ')} from bridge.bridge_many where count = ${rows}`
      const alone: number[] = []
      const whole: number[] = []
      for (let round = 0; round < rounds; round++) {
        alone.push(await timed(() => bare.drain('bridge_many', manyColumns, [count])))
        whole.push(await timed(() => client.query({ text, rowMode: 'array' })))
      }
      return {
        ratio: median(alone) / median(whole),
        lines: [`alone ${milliseconds(median(alone))}, through the gateway ${milliseconds(median(whole))}`],
      }
    } finally {
      await client.end()
      await bare.stop()
    }
  },
}

export const bridgeLookups: Benchmark = {
  name: 'bridge_lookup_join',
  meaning: `a join with ${keys} keys of a plugin, a millisecond a key / one list of them straight to the plugin; aim: at most 1.5`,
  async run({ millrace }) {
    const bare = await BarePlugin.start('latency = 1\n')
    const client = new pg.Client({ ...millrace.gateway, options: '-c millrace.cache_ttl=0' })
    await client.connect()
    try {
      const names = Array.from({ length: keys }, (_, index) => `key ${index}`)
      const list: PluginQual = {
        column: 'key',
        operator: '=',
        values: names.map((value) => ({ kind: 'string', value })),
      }
      const text =
        'select k, value from unnest($1::text[]) k left join bridge_latency.bridge_lookup l on l.key = k'
      const straight: number[] = []
      const joined: number[] = []
      for (let round = 0; round < 2 * rounds; round++) {
        straight.push(await timed(() => bare.drain('bridge_lookup', ['key', 'value'], [list])))
        joined.push(await timed(() => client.query(text, [names])))
      }
      return {
        ratio: median(joined) / median(straight),
        lines: [`straight ${milliseconds(median(straight))}, joined ${milliseconds(median(joined))}`],
      }
    } finally {
      await client.end()
      await bare.stop()
    }
  },
}

export const bridgeFirstQuery: Benchmark = {
  name: 'bridge_first_query_s',
  meaning: 'from the start of a plugin to its first row, in seconds; aim: at most 0.6',
  async run() {
    const times: number[] = []
    for (let round = 0; round < rounds; round++) {
      const bare = await BarePlugin.start()
      times.push(await timed(() => bare.drain('bridge_setting', ['word'], [])))
      await bare.stop()
    }
    return { ratio: median(times) / 1000, lines: [times.map(milliseconds).join(', ')] }
  },
}

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Of objects that are no garbage. (Buffers come and go, and the parser's memory grows by itself.) */
function heldBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** As many as the largest plugin has, AWS's. */
const tables = 585
const columns = 21

export const bridgeTables: Benchmark = {
  name: 'bridge_tables_start_s',
  meaning: `from the start of an engine to the catalog of a plugin with ${tables} tables of ${columns} columns, in seconds; aim: at most 2`,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-tables-'))
    const log = pino({ level: 'silent' })
    const postgres = await startEmbeddedPostgres({ home: folder, log, onCrash: () => {} })
    try {
      const file = join(folder, 'tables.json')
      await writeFile(file, manyTables())
      // By this name, the plugin reads them from a file.
      const path = join(folder, 'dynamic.plugin')
      await copyFile(await bridgePlugin(), path)
      const before = heldBytes()
      let engine: Engine | undefined
      const start = async () => {
        engine = await Engine.start({
          postgres,
          connections: [
            { name: 'many', plugin: steampipePlugin({ name: 'many', path }), settings: { tables: [file] } },
          ],
          environment: { PATH: process.env.PATH },
          log,
        })
      }
      const first = await timed(start)
      const bytes = heldBytes() - before
      await engine?.stop()
      const again = await timed(start)
      const client = new pg.Client({ ...postgres.engineConfig, user: 'millrace' })
      await client.connect()
      const listed = await timed(() => client.query('select * from information_schema.columns'))
      await client.end()
      await engine?.stop()
      return {
        ratio: first / 1000,
        lines: [
          `at first ${milliseconds(first)}, on the same home again ${milliseconds(again)}`,
          `information_schema.columns ${milliseconds(listed)}; ${(bytes / 1024 / tables).toFixed(0)} kB are held in the gateway for each table`,
        ],
      }
    } finally {
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
}

function manyTables(): string {
  const Columns = Array.from({ length: columns }, (_, index) => ({
    Name: `column_${index}`,
    Type: ['STRING', 'INT', 'JSON', 'TIMESTAMP'][index % 4],
  }))
  const Tables = Array.from({ length: tables }, (_, index) => ({ Name: `table_${index}`, Columns, Rows: [] }))
  return JSON.stringify({ Tables })
}
