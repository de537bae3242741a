/** Remembers which parts a question comes to, so that the same question does not list them again. */
import type { ScanQuals } from '../../fetch/scan-quals.js'
import { qualsText } from '../quals-text.js'

interface PartList {
  readonly parts: readonly string[]
  readonly listedAt: number
}

/** Lists of one source; most hold some hundreds of names. */
const mostLists = 32

export class PartLists {
  readonly #now: () => number
  /** By source, and by question; the latest stands at the end. */
  readonly #sources = new Map<string, Map<string, PartList>>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** @param maxAge milliseconds; 0 for none */
  get(source: string, quals: ScanQuals, maxAge: number): readonly string[] | undefined {
    const list = this.#sources.get(source)?.get(qualsText(quals))
    return list === undefined || maxAge <= 0 || list.listedAt < this.#now() - maxAge ? undefined : list.parts
  }

  /** @param listedAt when listing them began */
  set(source: string, quals: ScanQuals, parts: readonly string[], listedAt: number): void {
    const lists = this.#sources.get(source) ?? new Map<string, PartList>()
    this.#sources.set(source, lists)
    const question = qualsText(quals)
    lists.delete(question)
    lists.set(question, { parts, listedAt })
    const [oldest] = lists.keys()
    if (lists.size > mostLists && oldest !== undefined) lists.delete(oldest)
  }

  get now(): number {
    return this.#now()
  }

  clear(source?: string): void {
    if (source === undefined) this.#sources.clear()
    else this.#sources.delete(source)
  }
}
