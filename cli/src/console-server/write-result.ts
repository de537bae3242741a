/** Results as files, for whoever downloads them. */
import type { WriteResult } from '@millrace/console/server/database'
import { writerOf } from '../output/formats.js'
import { textOutlet } from '../output/outlet.js'
import type { ExportFile } from '../output/sink.js'

const writerOptions = { header: true, separator: ',' }

export const writeResult: WriteResult = async (format, columns, batches, write) => {
  const encoder = new TextEncoder()
  const file: ExportFile = {
    write: (text) => write(encoder.encode(text)),
    // The writer of Parquet uses its buffer again.
    writeBytes: (bytes) => write(bytes.slice()),
    finish: async () => {},
    abandon: async () => {},
  }
  const outlet =
    format === 'parquet'
      ? (await import('../output/parquet/parquet-outlet.js')).parquetOutlet(file)
      : textOutlet(file, writerOf(format, writerOptions))
  let count = 0
  await outlet.begin(columns)
  for await (const rows of batches) {
    count += rows.length
    await outlet.rows(rows)
  }
  await outlet.end(count)
  await outlet.finish()
}
