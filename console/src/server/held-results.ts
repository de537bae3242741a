/**
 * Results of more rows than a page gets at once. Each is a cursor of a session of its own, which stays while a page looks at
 * it: a page reads the rows that it shows, and forgets those that it does not show any more.
 */
import { randomUUID } from 'node:crypto'
import type { Row } from '../protocol/messages.js'
import type { DatabaseBatch, DatabaseColumn, DatabaseSession } from './database.js'

/** The name of a session's cursor. */
export const cursorName = 'millrace_console'

/** How long a result stays of which no page has said anything, in milliseconds. */
const patience = 60_000

/** The most that are held; the one that was looked at the longest ago goes first. Each takes a session. */
const most = 20

/** Rows of a file that are read at once. */
const fileBatch = 5_000

interface Held {
  readonly session: DatabaseSession
  readonly columns: readonly DatabaseColumn[]
  /** What is asked of the cursor, one thing after the other. */
  work: Promise<unknown>
  timer: NodeJS.Timeout
}

export class HeldResults {
  readonly #held = new Map<string, Held>()

  /** Takes over a session in whose transaction the cursor is open. @returns the result's name */
  add(session: DatabaseSession, columns: readonly DatabaseColumn[]): string {
    const [oldest] = this.#held.keys()
    if (this.#held.size >= most && oldest !== undefined) void this.drop(oldest)
    const id = randomUUID()
    this.#held.set(id, { session, columns, work: Promise.resolve(), timer: this.#timer(id) })
    return id
  }

  /** Notes that a page still looks at a result. @returns whether it is there */
  keep(id: string): boolean {
    const held = this.#held.get(id)
    if (held === undefined) return false
    clearTimeout(held.timer)
    held.timer = this.#timer(id)
    this.#held.delete(id)
    this.#held.set(id, held)
    return true
  }

  /** @returns undefined where the result is gone */
  async rows(id: string, from: number, count: number): Promise<readonly Row[] | undefined> {
    const held = this.#take(id)
    if (held === undefined) return undefined
    return this.#next(held, async () => {
      const rows: Row[] = []
      for await (const batch of fetchFrom(held.session, from, count)) rows.push(...batch.rows)
      return rows
    })
  }

  /** All rows, for one reader, who keeps others of this result waiting. @returns undefined where the result is gone */
  file(
    id: string,
  ): { readonly columns: readonly DatabaseColumn[]; batches(): AsyncGenerator<readonly Row[]> } | undefined {
    const held = this.#take(id)
    if (held === undefined) return undefined
    const keep = () => this.keep(id)
    const next = this.#next
    return {
      columns: held.columns,
      async *batches() {
        for (let from = 0; ; from += fileBatch) {
          keep()
          const rows: Row[] = []
          await next(held, async () => {
            for await (const batch of fetchFrom(held.session, from, fileBatch)) rows.push(...batch.rows)
          })
          if (rows.length > 0) yield rows
          if (rows.length < fileBatch) return
        }
      },
    }
  }

  async drop(id: string): Promise<void> {
    const held = this.#held.get(id)
    if (held === undefined) return
    this.#held.delete(id)
    clearTimeout(held.timer)
    held.session.cancel()
    await held.session.end()
  }

  async dropAll(): Promise<void> {
    await Promise.all([...this.#held.keys()].map((id) => this.drop(id)))
  }

  #take(id: string): Held | undefined {
    return this.keep(id) ? this.#held.get(id) : undefined
  }

  #next<Result>(held: Held, work: () => Promise<Result>): Promise<Result> {
    const done = held.work.then(work)
    held.work = done.catch(() => {})
    return done
  }

  #timer(id: string): NodeJS.Timeout {
    return setTimeout(() => void this.drop(id), patience).unref()
  }
}

async function* fetchFrom(
  session: DatabaseSession,
  from: number,
  count: number,
): AsyncGenerator<DatabaseBatch> {
  await session.command(`move absolute ${from} in ${cursorName}`)
  yield* session.read(`fetch forward ${count} from ${cursorName}`, [], count)
}
