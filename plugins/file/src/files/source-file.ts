/** A file that is open: a local one, or what was downloaded from a URL. */
import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { ApiError } from '@millrace/plugin-sdk'
import { fileError } from './file-error.js'

const chunkBytes = 256 * 1024

export class SourceFile {
  /** Its path or its URL, for messages and the column `_file`. Holds no secret. */
  readonly name: string
  readonly size: number
  /** Changes whenever the file does, as far as the operating system tells. */
  readonly identity: string
  readonly #handle: FileHandle

  private constructor(name: string, handle: FileHandle, size: number, identity: string) {
    this.name = name
    this.#handle = handle
    this.size = size
    this.identity = identity
  }

  /** Takes the handle over: it is closed with the file, or here where that fails. */
  static async of(name: string, handle: FileHandle): Promise<SourceFile> {
    try {
      return new SourceFile(name, handle, ...(await stateOf(handle)))
    } catch (error) {
      await handle.close()
      throw fileError(name, error)
    }
  }

  /** The bytes from its beginning to where it ended when it was opened. */
  bytes(): Readable {
    return Readable.from(this.#chunks(), { objectMode: false })
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    for (let start = 0; start < this.size; start += chunkBytes) {
      yield new Uint8Array(await this.slice(start, Math.min(start + chunkBytes, this.size)))
    }
  }

  /** @throws ApiError where there are fewer bytes */
  async slice(start: number, end: number): Promise<ArrayBuffer> {
    const buffer = new ArrayBuffer(Math.max(0, end - start))
    const view = new Uint8Array(buffer)
    for (let filled = 0; filled < view.length; ) {
      const { bytesRead } = await this.#handle.read(view, filled, view.length - filled, start + filled)
      if (bytesRead === 0) throw this.#changed()
      filled += bytesRead
    }
    return buffer
  }

  /** @throws ApiError where the file has changed since it was opened: rows of two states may have been mixed */
  async expectUnchanged(): Promise<void> {
    const [, identity] = await stateOf(this.#handle)
    if (identity !== this.identity) throw this.#changed()
  }

  #changed(): ApiError {
    return new ApiError(`${this.name} was changed while it was read`, {
      hint: 'Run the query again. Whoever writes the file does best to write another one, and rename it when it is whole.',
    })
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

async function stateOf(handle: FileHandle): Promise<[size: number, identity: string]> {
  const { size, mtimeNs, dev, ino } = await handle.stat({ bigint: true })
  return [Number(size), [dev, ino, size, mtimeNs].join(':')]
}
