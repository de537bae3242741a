/** Reads a result some rows at a time, so that it never has to be held whole. */
import { type Client, type Connection, type FieldDef, types } from 'pg'
import Cursor from 'pg-cursor'
import type { Row } from '../output/column.js'

export interface Batch {
  /** Empty for a statement without a result. */
  readonly fields: readonly FieldDef[]
  readonly rows: readonly Row[]
}

/** Values stay as PostgreSQL prints them, but for booleans, which it takes in words as well. */
const asPrinted = {
  getTypeParser: (type: number) =>
    type === types.builtins.BOOL
      ? (value: string) => (value === 't' ? 'true' : 'false')
      : (value: string) => value,
}

const copyRefusal = 'COPY from or to the client is not for millrace query'

/** pg-cursor knows nothing of COPY. */
class TextCursor extends Cursor<Row> {
  #connection: Connection | undefined
  /** Whether the server has sent data that no result holds. */
  copied = false

  constructor(text: string, values: readonly string[]) {
    super(text, [...values], { rowMode: 'array', types: asPrinted })
    const submit = this.submit
    this.submit = (connection) => {
      this.#connection = connection
      submit.call(this, connection)
    }
  }

  handleCopyInResponse(): void {
    const connection: unknown = this.#connection
    const sendCopyFail: unknown = Reflect.get(Object(connection), 'sendCopyFail')
    if (typeof sendCopyFail === 'function') sendCopyFail.call(connection, copyRefusal)
  }

  handleCopyData(): void {
    this.copied = true
  }
}

/**
 * Runs a statement. No more than a batch of rows is on the way at a time. Where it is not read to the end, the server is
 * told that no more is wanted.
 * @param firstBatch rows to wait for at first; later batches double, up to 1,000
 * @yields at least once: the first batch has the fields
 * @throws what PostgreSQL says, at any batch
 */
export async function* readResult(
  client: Client,
  text: string,
  values: readonly string[],
  firstBatch: number,
): AsyncGenerator<Batch> {
  const cursor = client.query(new TextCursor(text, values))
  /** Whether the server waits to be asked for more; not so when it has failed. */
  let hasMore = false
  try {
    let size = firstBatch
    do {
      hasMore = false
      const batch = await read(cursor, size)
      hasMore = batch.rows.length === size
      yield batch
      size = Math.min(1000, size * 2)
    } while (hasMore)
  } finally {
    if (hasMore) await cursor.close()
  }
  if (cursor.copied) throw new Error(`${copyRefusal}; its data is not shown. Use --output or --export`)
}

function read(cursor: TextCursor, size: number): Promise<Batch> {
  return new Promise((resolve, reject) => {
    cursor.read(size, (error, rows, result) => {
      if (error) reject(error)
      else resolve({ fields: result.fields, rows })
    })
  })
}
