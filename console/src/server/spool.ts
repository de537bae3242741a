/**
 * A result of more rows than a page gets at once, in a file that has no name: nothing of it stays, however the process ends.
 * Pages read the parts that they show, and forget those that they do not show any more.
 */
import { randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { partRows, type Row } from '../protocol/messages.js'
import type { DatabaseColumn } from './database.js'

/** Bytes that are written at once, or more. */
const writtenAtOnce = 256 * 1024

export class Spool {
  readonly columns: readonly DatabaseColumn[]
  readonly #file: FileHandle
  /** Where each part begins, and the last one ends. */
  readonly #places: number[] = [0]
  /** Rows of the part that is not whole yet. */
  #open: Row[] = []
  /** Parts that are whole, and not written yet. */
  #pending: Buffer[] = []
  #written = 0
  #reading = 0
  #isClosed = false

  private constructor(columns: readonly DatabaseColumn[], file: FileHandle) {
    this.columns = columns
    this.#file = file
  }

  /** @throws Error where no file can be made */
  static async create(columns: readonly DatabaseColumn[]): Promise<Spool> {
    const path = join(tmpdir(), `millrace-console-${randomUUID()}`)
    const file = await open(path, 'wx+', 0o600)
    await unlink(path)
    return new Spool(columns, file)
  }

  /** Bytes of the parts that are whole. */
  get bytes(): number {
    return this.#places.at(-1) ?? 0
  }

  /** Resolves when more may come. */
  async add(rows: readonly Row[]): Promise<void> {
    for (const row of rows) {
      this.#open.push(row)
      if (this.#open.length === partRows) this.#endPart()
    }
    if (this.bytes - this.#written >= writtenAtOnce) await this.#write()
  }

  /** No row comes any more; only then can parts be read. */
  async finish(): Promise<void> {
    if (this.#open.length > 0) this.#endPart()
    await this.#write()
  }

  /** The rows of a part, in JSON. @returns undefined where there is no such part */
  async part(number: number): Promise<Uint8Array | undefined> {
    const [from, to] = [this.#places[number], this.#places[number + 1]]
    if (from === undefined || to === undefined || this.#isClosed) return undefined
    const bytes = new Uint8Array(to - from)
    this.#reading++
    try {
      await this.#file.read(bytes, 0, bytes.length, from)
      return bytes
    } finally {
      this.#reading--
      if (this.#isClosed) await this.#close()
    }
  }

  /** All rows, a part at a time. @throws Error where it has been closed meanwhile */
  async *rows(): AsyncGenerator<readonly Row[]> {
    const parts = this.#places.length - 1
    for (let number = 0; number < parts; number++) {
      const bytes = await this.part(number)
      if (bytes === undefined) throw new Error('the result is gone')
      yield JSON.parse(Buffer.from(bytes).toString())
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#close()
  }

  async #close(): Promise<void> {
    if (this.#reading === 0) await this.#file.close().catch(() => {})
  }

  #endPart(): void {
    const part = Buffer.from(JSON.stringify(this.#open))
    this.#open = []
    this.#pending.push(part)
    this.#places.push(this.bytes + part.length)
  }

  async #write(): Promise<void> {
    const bytes = Buffer.concat(this.#pending)
    this.#pending = []
    if (bytes.length > 0) await this.#file.write(bytes, 0, bytes.length, this.#written)
    this.#written += bytes.length
  }
}
