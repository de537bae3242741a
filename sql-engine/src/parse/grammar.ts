/**
 * PostgreSQL's own grammar (libpg-query) as WebAssembly. An instance keeps whatever memory a text has taken, and what one
 * has taken that its stack could not hold is lost to it; after a few of these it fails for all texts, and at last ends the
 * process. So it is replaced by a new one.
 */
import { createRequire } from 'node:module'

type Library = Pick<typeof import('libpg-query'), 'loadModule' | 'parseSync' | 'scanSync'>

const require = createRequire(import.meta.url)

async function newLibrary(): Promise<Library> {
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

// It must be there before anything is parsed. Loading takes 50 ms of the processor's time, once, and so whoever may do without
// imports this file late.
let library = await newLibrary()
let failures = 0
let renewing: Promise<void> | undefined

/**
 * Uses the grammar for a text.
 * @returns undefined while it cannot be used
 * @throws SqlError, or Error, for what is not PostgreSQL's SQL; RangeError and others for what is too large
 */
export function withGrammar<Result>(text: string, use: (library: Library) => Result): Result | undefined {
  if (failures >= mostFailures) return undefined
  try {
    return use(library)
  } catch (error) {
    if (!isOfText(error)) failures += isOfStack(error) ? 1 : mostFailures
    throw error
  } finally {
    if (failures > 0 || text.length > longText) renewing ??= renew()
  }
}

/** When a new instance has come, if one is on its way. */
export function grammarRenewed(): Promise<void> {
  return renewing ?? Promise.resolve()
}

async function renew(): Promise<void> {
  try {
    library = await newLibrary()
    failures = 0
  } finally {
    renewing = undefined
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
