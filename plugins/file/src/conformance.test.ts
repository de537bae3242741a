/** Whether the tables are as they say, over files of each format. */
import { testConformance } from '@millrace/plugin-sdk/conformance'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, describe, test } from 'vitest'
import plugin from './plugin.js'
import { findTables } from './tables/find-tables.js'
import { FileHarness } from './testing/file-harness.js'

const harness = await FileHarness.start()
afterAll(() => harness.stop())

const rows = Array.from({ length: 600 }, (_, index) => ({
  network: `10.${index >> 8}.${index & 255}.0/24`,
  count: index,
  price: `${index}.50`,
}))
await harness.write(
  'lists/some.csv',
  `network,count,price\n${rows.map(({ network, count, price }) => `${network},${count},${price}\n`).join('')}`,
)
await harness.write('lists/more.csv', 'network,count,price\n192.0.2.0/24,,\n')
await harness.write('lines.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
await harness.write('list.json', JSON.stringify({ answer: rows }))
await harness.write(
  'columns.parquet',
  new Uint8Array(
    parquetWriteBuffer({ columnData: [{ name: 'count', data: rows.map(({ count }) => BigInt(count)) }] }),
  ),
)
const settings = {
  tables: {
    csv: { source: 'lists/*.csv' },
    jsonl: { source: 'lines.jsonl' },
    json: { source: 'list.json', rows: '/answer' },
    parquet: { source: 'columns.parquet' },
  },
}
const probe = harness.connect(settings)
const foundTables = (await findTables(probe, new AbortController().signal)).map(({ table }) => table)

testConformance({ describe, test }, { plugin, foundTables, connect: () => harness.connect(settings) })
