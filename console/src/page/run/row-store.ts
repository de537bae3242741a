/** The rows of a result, of which only those that are looked at are here. */
import { partRows, type Row } from '../../protocol/messages.js'
import { fetchPart } from '../api/requests.js'
import type { Listeners } from './listeners.js'

/** How many parts are kept. */
const mostParts = 50

export class RowStore {
  /** How many there are, as far as is known. */
  count = 0
  /** Where the server holds the rest; undefined where all rows are here. */
  result: string | undefined
  /** Why rows are not there. */
  failure: string | undefined
  /** The first rows, which stay. */
  readonly #first: Row[] = []
  /** Further ones, by the number of their part; the one that was read last is at the end. */
  readonly #parts = new Map<number, readonly Row[]>()
  readonly #asked = new Set<number>()
  readonly #listeners: Listeners

  constructor(listeners: Listeners) {
    this.#listeners = listeners
  }

  /** The rows that are here whatever is looked at. */
  get first(): readonly Row[] {
    return this.#first
  }

  /** Whether these are all. */
  get isWhole(): boolean {
    return this.result === undefined
  }

  add(rows: readonly Row[]): void {
    for (const row of rows) this.#first.push(row)
    this.count = Math.max(this.count, this.#first.length)
  }

  /** A row, if it is here. Otherwise it is on its way soon. */
  row(index: number): Row | undefined {
    if (index < this.#first.length) return this.#first[index]
    const number = Math.floor(index / partRows)
    const known = this.#parts.get(number)
    if (known !== undefined) {
      this.#parts.delete(number)
      this.#parts.set(number, known)
      return known[index - number * partRows]
    }
    void this.#ask(number)
    return undefined
  }

  /** Rows from the first one on, read for a picture. */
  async firstRows(most: number): Promise<readonly Row[]> {
    if (this.result === undefined || this.#first.length >= most) return this.#first.slice(0, most)
    const rows: Row[] = []
    const wanted = Math.min(most, this.count)
    for (let part = 0; rows.length < wanted; part++) rows.push(...(await fetchPart(this.result, part)))
    return rows.slice(0, wanted)
  }

  async #ask(number: number): Promise<void> {
    const { result } = this
    if (result === undefined || this.#asked.has(number)) return
    this.#asked.add(number)
    try {
      this.#parts.set(number, await fetchPart(result, number))
      const [oldest] = this.#parts.keys()
      if (this.#parts.size > mostParts && oldest !== undefined) this.#parts.delete(oldest)
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error)
    } finally {
      this.#asked.delete(number)
      this.#listeners.tell()
    }
  }
}
