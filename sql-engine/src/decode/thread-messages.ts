/** What the main thread and those that decode tell one another, several messages at a time. Each task is the decoding of one answer. */
import type { ColumnType, Row } from '@millrace/plugin-sdk'
import type { SentError } from './sent-error.js'

/** How rows are encoded. */
export interface RowEncoding {
  /** The columns of a line, in order. */
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[]
  /** Values that the engine adds, the same in every row. */
  readonly constants: Row | undefined
  /** For errors. */
  readonly tableName: string
}

/** Parts that a thread may have before it asks for more, and batches that it may have sent before they are taken. */
export const window = 4

export type ToThread =
  | {
      readonly kind: 'start'
      readonly task: number
      readonly module: string
      readonly name: string
      readonly options: unknown
      readonly encoding: RowEncoding
    }
  | { readonly kind: 'part'; readonly task: number; readonly part: unknown }
  | { readonly kind: 'end'; readonly task: number }
  /** A batch has been taken. */
  | { readonly kind: 'taken'; readonly task: number }
  /** Nobody waits for its rows any more. It is answered with `done` or `failed`. */
  | { readonly kind: 'abort'; readonly task: number }

export type FromThread =
  /** A part has been taken. */
  | { readonly kind: 'taken'; readonly task: number }
  | {
      readonly kind: 'rows'
      readonly task: number
      readonly count: number
      readonly bytes: Uint8Array
      readonly remarks: readonly unknown[]
    }
  | { readonly kind: 'done'; readonly task: number }
  | { readonly kind: 'failed'; readonly task: number; readonly error: SentError }
