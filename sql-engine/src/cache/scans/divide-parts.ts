/** Which of a scan's parts earlier scans have read. */
import { equalValues, type Key, type QualValue } from '@millrace/plugin-sdk'
import { covers, type ScanShape } from './covers.js'
import { narrowed } from './divide-keys.js'

export interface DividedParts<Earlier> {
  /** Earlier scans, all of whose rows are read; no part occurs in two of them. */
  readonly known: readonly Earlier[]
  readonly missing: readonly QualValue[]
}

/** The most earlier scans that one scan reads; PostgreSQL combines their rows again for each statement. */
const mostScans = 16

/** The least share of an earlier scan's parts that are wanted, so that it is worth reading all of its rows. */
const leastShare = 0.25

/**
 * Divides a scan by the parts of its table. Earlier scans are read as a whole: rows of other parts do no harm, since PostgreSQL
 * checks every condition again; but no part may be read twice.
 * @param earlier scans of the same table; the first that has a part is taken
 * @returns undefined if no part is known
 */
export function divideParts<Earlier>(
  scan: ScanShape,
  column: string,
  earlier: Iterable<Earlier>,
  shapeOf: (earlier: Earlier) => ScanShape,
  keys: Readonly<Record<string, Key | undefined>>,
): DividedParts<Earlier> | undefined {
  const missing = new Set<QualValue>(equalValues(scan.quals[column]))
  const taken = new Set<QualValue>()
  const known: Earlier[] = []
  for (const one of earlier) {
    if (missing.size === 0 || known.length === mostScans) break
    const shape = shapeOf(one)
    const parts = equalValues(shape.quals[column]) ?? []
    const wanted = parts.filter((part) => missing.has(part))
    if (wanted.length === 0 || wanted.length < parts.length * leastShare) continue
    if (parts.some((part) => taken.has(part))) continue
    // What is left to compare are the other conditions, and the columns.
    const [some] = wanted
    if (
      some === undefined ||
      !covers(narrowed(shape, column, [some]), narrowed(scan, column, [some]), keys)
    ) {
      continue
    }
    known.push(one)
    for (const part of parts) {
      taken.add(part)
      missing.delete(part)
    }
  }
  return known.length === 0 ? undefined : { known, missing: [...missing] }
}
