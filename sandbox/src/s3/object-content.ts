/** What is in an object, read in parts. */
import { statSync } from 'node:fs'
import { open } from 'node:fs/promises'

export interface ObjectContent {
  size(): number
  /** @param end the first byte that is not read */
  read(start: number, end: number): Buffer | Promise<Buffer>
}

/** The most bytes of made contents that are kept. */
const mostKept = 64 * 1024 * 1024

/**
 * Contents that are made when they are first asked for, and made again when others have taken their room. Making must give
 * the same bytes each time.
 */
export class MadeContents {
  /** The one that was asked for last stands at the end. */
  readonly #kept = new Map<object, Buffer>()
  #bytes = 0

  content(make: () => Buffer): ObjectContent {
    const name = {}
    let size: number | undefined
    const bytes = () => this.#get(name, make)
    return {
      size: () => {
        size ??= bytes().length
        return size
      },
      read: (start, end) => bytes().subarray(start, end),
    }
  }

  #get(name: object, make: () => Buffer): Buffer {
    const made = this.#kept.get(name) ?? this.#make(make)
    this.#kept.delete(name)
    this.#kept.set(name, made)
    for (const [other, bytes] of this.#kept) {
      if (this.#bytes <= mostKept || other === name) break
      this.#kept.delete(other)
      this.#bytes -= bytes.length
    }
    return made
  }

  #make(make: () => Buffer): Buffer {
    const made = make()
    this.#bytes += made.length
    return made
  }
}

/** A file's content, which must not change. */
export function fileContent(path: string): ObjectContent {
  const { size } = statSync(path)
  return {
    size: () => size,
    async read(start, end) {
      const file = await open(path)
      try {
        const bytes = Buffer.alloc(end - start)
        const { bytesRead } = await file.read(bytes, 0, bytes.length, start)
        return bytes.subarray(0, bytesRead)
      } finally {
        await file.close()
      }
    },
  }
}
