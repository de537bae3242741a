/** A scan whose rows are partly known, in earlier scans, and partly to be asked for. */
import type { Entry } from './cache-entry.js'
import type { CacheRequest, CountedPart } from './cache-request.js'
import { divideKeys, narrowed } from './divide-keys.js'
import { divideParts } from './divide-parts.js'
import { divideRange } from './divide-range.js'

/** Entries whose rows, together with those of a narrower scan, make up a scan. */
export interface Parts {
  readonly column: string
  readonly known: readonly { readonly entry: Entry; readonly counted: CountedPart | undefined }[]
  readonly missing: { readonly request: CacheRequest; readonly counted: CountedPart | undefined } | undefined
}

/**
 * @param candidates entries whose rows may be part of the scan's
 * @returns undefined where none of its rows are known
 */
export function divideScan(request: CacheRequest, candidates: () => readonly Entry[]): Parts | undefined {
  return byParts(request, candidates) ?? byKeys(request, candidates) ?? byRange(request, candidates)
}

type Candidates = () => readonly Entry[]

function byParts(request: CacheRequest, candidates: Candidates): Parts | undefined {
  const { partColumn: column } = request
  if (column === undefined || request.isGap === true) return undefined
  // Those on their way are waited for: their parts are not asked for twice.
  const divided = divideParts(request, column, candidates(), ({ shape }) => shape, request.keys)
  if (divided === undefined) return undefined
  const { known, missing } = divided
  return {
    column,
    known: known.map((entry) => ({ entry, counted: undefined })),
    missing:
      missing.length > 0
        ? { request: { ...narrowed(request, column, missing), isGap: true }, counted: undefined }
        : undefined,
  }
}

function byKeys(request: CacheRequest, candidates: Candidates): Parts | undefined {
  if (request.limit !== undefined) return undefined
  const all = candidates()
  for (const lookupKey of request.lookupKeys) {
    // Rows are told apart by the key's column, which must be filled.
    if (!request.columns.has(lookupKey)) continue
    const divided = divideKeys(request, lookupKey, all, ({ shape }) => shape, request.keys)
    if (divided === undefined) continue
    const { column, known, missing } = divided
    return {
      column,
      known: known.map(({ earlier, values, isWhole }) => ({
        entry: earlier,
        counted: isWhole ? undefined : { kind: 'values', values },
      })),
      // Cached rows of a range may be all that has to be read for the other keys, and hold those that are known
      // too.
      missing:
        missing.length > 0
          ? {
              request: narrowed(request, column, missing),
              counted: { kind: 'values', values: missing },
            }
          : undefined,
    }
  }
  return undefined
}

function byRange(request: CacheRequest, candidates: Candidates): Parts | undefined {
  if (request.limit !== undefined || request.isGap === true) return undefined
  const kept = candidates().filter(({ table }) => table !== undefined)
  const divided = divideRange(request, kept, ({ shape }) => shape, request.keys)
  if (divided === undefined) return undefined
  const { column, known, missing } = divided
  return {
    column,
    known: known.map(({ earlier, interval }) => ({
      entry: earlier,
      counted: { kind: 'range', interval },
    })),
    missing: missing && {
      request: { ...request, quals: missing.quals, isGap: true },
      counted: { kind: 'range', interval: missing.interval },
    },
  }
}
