/**
 * PostgreSQL's own grammar (libpg-query) as WebAssembly. An instance keeps whatever memory a text has taken, and what one
 * has taken that its stack could not hold is lost to it; after a few of these it fails for all texts, and at last ends the
 * process. So it is replaced by a new one.
 */
import { createRequire } from 'node:module'

type Library = Pick<typeof import('libpg-query'), 'loadModule' | 'parseSync' | 'scanSync'>

const require = createRequire(import.meta.url)

async function loadLibrary(): Promise<Library> {
  const path = require.resolve('libpg-query')
  // Each load of the file makes an instance of its own, and the old one goes once nothing refers to it.
  delete require.cache[path]
  const library: Library = require(path)
  await library.loadModule()
  return library
}

/** In UTF-16 units. The tree of so long a text takes a hundred times as many bytes. */
const longText = 500_000

/** How often an instance may have failed; tens of times, for small texts, are known to be too often. */
const mostFailures = 3

export class Grammar {
  readonly #load: () => Promise<Library>
  #library: Library
  #failures = 0
  #renewing: Promise<void> | undefined

  private constructor(load: () => Promise<Library>, library: Library) {
    this.#load = load
    this.#library = library
  }

  static async open(load: () => Promise<Library>): Promise<Grammar> {
    return new Grammar(load, await load())
  }

  /**
   * Uses the library for a text.
   * @returns undefined while it cannot be used
   * @throws SqlError, or Error, for what is not PostgreSQL's SQL; RangeError and others for what is too large
   */
  use<Result>(text: string, read: (library: Library) => Result): Result | undefined {
    try {
      return this.#failures < mostFailures ? read(this.#library) : undefined
    } catch (error) {
      if (!isOfText(error)) this.#failures += isOfStack(error) ? 1 : mostFailures
      throw error
    } finally {
      if (this.#failures > 0 || text.length > longText) this.#renewing ??= this.#renew()
    }
  }

  /** When a new instance has come, if one is on its way. */
  renewed(): Promise<void> {
    return this.#renewing ?? Promise.resolve()
  }

  async #renew(): Promise<void> {
    try {
      this.#library = await this.#load()
      this.#failures = 0
    } catch {
      // The next text asks for it again.
    } finally {
      this.#renewing = undefined
    }
  }
}

/** Whether an error is one that the library itself tells of a text, as of one that is not SQL. */
function isOfText(error: unknown): boolean {
  if (!(error instanceof Error) || !['SqlError', 'Error'].includes(error.name)) return false
  return !/^out of memory$|memory allocation failed/.test(error.message)
}

function isOfStack(error: unknown): boolean {
  return error instanceof RangeError
}

// It must be there before anything is parsed. Loading takes 50 ms of the processor's time, once, and so whoever may do without
// imports this file late.
export const grammar = await Grammar.open(loadLibrary)
