/** Rows that another gateway has fetched, and that statements here read by a view of this gateway's own. */
import type { ScanTable, StagedTable } from '../../stage/scan-table.js'

/** Rows that were there are gone, or have come: whoever wants them looks again. */
export class LookAgain extends Error {}

/** One view, as long as somebody here reads it: by then, its gateway may drop the table. */
export class PeerRows {
  readonly name: string
  readonly rowCount: number
  #view: Promise<ScanTable> | undefined

  constructor({ name, rowCount }: { readonly name: string; readonly rowCount: number }) {
    this.name = name
    this.rowCount = rowCount
  }

  /** @throws LookAgain when the rows are gone */
  async open(makeView: (name: string) => Promise<ScanTable>): Promise<StagedTable> {
    this.#view ??= makeView(this.name)
    const view = this.#view
    try {
      return { ...(await view), rowCount: this.rowCount, measure: async () => 0 }
    } catch (error) {
      if (this.#view === view) this.#view = undefined
      throw new LookAgain('rows of another gateway are gone', { cause: error })
    }
  }

  /** Nobody here reads it now. */
  close(): void {
    const view = this.#view
    this.#view = undefined
    view?.then(
      (table) => table.release(),
      () => {}, // told to those who have opened it
    )
  }
}
