/** The places that one result goes to: standard output in one format, files in theirs. */
import { basename } from 'node:path'
import type { Column, Row } from '../output/column.js'
import type { Format } from '../output/format-names.js'
import { formatsWithGaps, writerOf } from '../output/formats.js'
import { type Outlet, textOutlet } from '../output/outlet.js'
import type { WriterOptions } from '../output/result-writer.js'
import { openExportFile, type Sink } from '../output/sink.js'
import { UserError } from '../user-error.js'
import type { ExportTarget } from './options.js'

export interface OutputsOptions {
  readonly standardOutput: Sink
  /** Undefined for nothing on standard output. */
  readonly format: Format | undefined
  readonly exports: readonly ExportTarget[]
  readonly writerOptions: WriterOptions
}

/** Rows that decide how a table is laid out; other formats begin with the first row. */
const tableRows = 200

/** Where the results of all statements go. */
export class Outputs {
  readonly #options: OutputsOptions
  #results = 0

  constructor(options: OutputsOptions) {
    this.#options = options
  }

  /** Rows that are best read first. */
  get firstBatch(): number {
    return this.#options.format === 'table' ? tableRows : 1
  }

  /** @throws UserError where a file would get a second result */
  async begin(columns: readonly Column[]): Promise<ResultOutput> {
    const { format, exports, standardOutput, writerOptions } = this.#options
    this.#results++
    if (this.#results > 1 && exports[0] !== undefined) {
      const name = basename(exports[0].path)
      throw new UserError(`${name} takes one result, and there is a second: export them one by one`, 2)
    }
    const outlets: Outlet[] = []
    if (format !== undefined) {
      const gap = this.#results > 1 && formatsWithGaps.has(format) ? '\n' : ''
      outlets.push(textOutlet(standardOutput, writerOf(format, writerOptions)))
      await standardOutput.write(gap)
    }
    const output = new ResultOutput(outlets)
    try {
      for (const target of exports) outlets.push(await fileOutlet(target, writerOptions))
      await output.begin(columns)
    } catch (error) {
      await output.abandon()
      throw error
    }
    return output
  }
}

async function fileOutlet({ path, format }: ExportTarget, options: WriterOptions): Promise<Outlet> {
  const file = await openExportFile(path)
  if (format !== 'parquet') return textOutlet(file, writerOf(format, options), file)
  const { parquetOutlet } = await import('../output/parquet/parquet-outlet.js')
  return parquetOutlet(file)
}

/** One result on its way out. It has to be finished or abandoned. */
export class ResultOutput {
  readonly #outlets: readonly Outlet[]
  #count = 0

  constructor(outlets: readonly Outlet[]) {
    this.#outlets = outlets
  }

  get count(): number {
    return this.#count
  }

  async begin(columns: readonly Column[]): Promise<void> {
    for (const outlet of this.#outlets) await outlet.begin(columns)
  }

  async rows(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return
    this.#count += rows.length
    for (const outlet of this.#outlets) await outlet.rows(rows)
  }

  /** Files get their names. */
  async finish(): Promise<void> {
    for (const outlet of this.#outlets) await outlet.end(this.#count)
    for (const outlet of this.#outlets) await outlet.finish()
  }

  /** Files vanish; what standard output has got is not taken back. */
  async abandon(): Promise<void> {
    for (const outlet of this.#outlets) await outlet.abandon()
  }
}
