/** A place that a result goes to, in the format that is wanted there. */
import type { Column, Row } from './column.js'
import type { ResultWriter } from './result-writer.js'
import type { ExportFile, Sink } from './sink.js'

/** Takes one result. It has to be finished or abandoned. */
export interface Outlet {
  begin(columns: readonly Column[]): Promise<void>
  rows(rows: readonly Row[]): Promise<void>
  /** @param count rows in all */
  end(count: number): Promise<void>
  /** All outlets of the result have come to their ends: a file gets its name. */
  finish(): Promise<void>
  /** A file vanishes; what standard output has got is not taken back. */
  abandon(): Promise<void>
}

/** @param file the sink, where it is one */
export function textOutlet(sink: Sink, writer: ResultWriter, file?: ExportFile): Outlet {
  return {
    begin: (columns) => sink.write(writer.begin(columns)),
    rows: (rows) => sink.write(writer.rows(rows)),
    end: (count) => sink.write(writer.end(count)),
    finish: async () => {
      await sink.resultEnd?.()
      await file?.finish()
    },
    abandon: async () => {
      await sink.resultEnd?.()
      await file?.abandon()
    },
  }
}
