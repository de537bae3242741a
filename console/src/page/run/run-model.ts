/** One run of a statement, and what has come of it so far. */
import type {
  CallSpan,
  Column,
  PlannedScan,
  Report,
  RunEvent,
  ScanProgress,
  ScanRecord,
} from '../../protocol/messages.js'
import { dropResults, run } from '../api/requests.js'
import { Listeners } from './listeners.js'
import { RowStore } from './row-store.js'
import { type Shape, shapedSql } from './shape.js'

export type RunState =
  | { readonly kind: 'running' }
  | { readonly kind: 'ended'; readonly milliseconds: number; readonly isCut: boolean }
  | { readonly kind: 'failed'; readonly report: Report; readonly milliseconds: number }
  | { readonly kind: 'canceled'; readonly milliseconds: number }

export interface Asked {
  /** As the person has written it. */
  readonly sql: string
  /** Where it stands in the editor. */
  readonly from: number
  readonly fresh: boolean
  /** Sorted and filtered by whoever looks at its result. */
  readonly shape: Shape
  /** What it was going to ask, as far as that was known before. */
  readonly planned: readonly PlannedScan[]
}

/** Calls whose times are kept, for the waterfall. */
const mostCalls = 5_000

export class RunModel {
  readonly listeners = new Listeners()
  readonly rows = new RowStore(this.listeners)
  readonly asked: Asked
  readonly startedAt = performance.now()
  state: RunState = { kind: 'running' }
  columns: readonly Column[] | undefined
  notices: readonly Report[] = []
  progress: readonly ScanProgress[] = []
  calls: readonly CallSpan[] = []
  scans: readonly ScanRecord[] = []
  readonly #controller = new AbortController()

  constructor(asked: Asked) {
    this.asked = asked
  }

  /** Resolves when it has ended, however that is. */
  async start(): Promise<void> {
    const { sql, fresh, shape } = this.asked
    const { signal } = this.#controller
    try {
      for await (const event of run({ sql: shapedSql(sql, shape), fresh }, signal)) this.#take(event)
      if (this.state.kind === 'running') throw new Error('the console went away while the statement ran')
    } catch (error) {
      const milliseconds = performance.now() - this.startedAt
      if (signal.aborted) this.state = { kind: 'canceled', milliseconds }
      else {
        const message = error instanceof Error ? error.message : String(error)
        this.state = { kind: 'failed', report: { severity: 'ERROR', message }, milliseconds }
      }
    }
    this.listeners.tell()
  }

  cancel(): void {
    if (this.state.kind === 'running') this.#controller.abort()
  }

  /** Nobody looks at it any more. */
  close(): void {
    this.cancel()
    if (this.rows.result !== undefined) dropResults([this.rows.result])
  }

  get callsMade(): number {
    const made = this.scans.length > 0 ? this.scans : this.progress
    return made.reduce((sum, { calls }) => sum + calls, 0)
  }

  #take(event: RunEvent): void {
    switch (event.kind) {
      case 'notice':
        this.notices = [...this.notices, event.report]
        break
      case 'progress':
        this.progress = event.progress.scans
        if (this.calls.length < mostCalls) this.calls = [...this.calls, ...event.progress.calls]
        break
      case 'columns':
        this.columns = event.columns
        break
      case 'rows':
        this.rows.add(event.rows)
        break
      case 'counted':
        this.rows.count = event.rows
        break
      case 'ended':
        this.rows.count = event.rows
        this.rows.result = event.result
        this.scans = event.scans
        this.state = { kind: 'ended', milliseconds: event.milliseconds, isCut: event.isCut }
        break
      case 'failed':
        this.scans = event.scans
        this.state = { kind: 'failed', report: event.report, milliseconds: event.milliseconds }
        break
    }
    this.listeners.tell()
  }
}
