/** Rows that another thread has encoded, among those that are still to be. */
import type { Row } from '@millrace/plugin-sdk'

export interface EncodedRows {
  readonly count: number
  /** Lines of COPY's text format, each with its end. */
  readonly bytes: Uint8Array
}

const sealed = new WeakMap<readonly Row[], EncodedRows>()

const lineEnd = 0x0a

/** A batch that code of plugins can count and pass on. Reading a row of it is an error: there would be none. */
export function sealedRows(rows: EncodedRows): readonly Row[] {
  const batch = new Proxy<Row[]>(new Array(rows.count), {
    get: (target, key) => (isIndex(key) ? refuse() : Reflect.get(target, key)),
    has: (target, key) => (isIndex(key) ? refuse() : Reflect.has(target, key)),
  })
  sealed.set(batch, rows)
  return batch
}

/** @returns undefined for a batch of rows as plugins make them */
export function encodedRowsOf(batch: readonly Row[]): EncodedRows | undefined {
  return sealed.get(batch)
}

/** The first rows of a batch. */
export function firstRows(batch: readonly Row[], count: number): readonly Row[] {
  const encoded = encodedRowsOf(batch)
  if (encoded === undefined) return batch.slice(0, count)
  let end = 0
  for (let line = 0; line < count; line++) end = encoded.bytes.indexOf(lineEnd, end) + 1
  return sealedRows({ count, bytes: encoded.bytes.subarray(0, end) })
}

function isIndex(key: string | symbol): boolean {
  return typeof key === 'string' && /^\d+$/.test(key)
}

function refuse(): never {
  throw new TypeError('rows that are decoded already can only be passed on')
}
