/** Walks the events of a log group in order of time, from a position that a token can carry. */
import { type EventSource, firstAtOrAfter, type LogEvent, type LogGroup } from './log-store.js'

export interface TimeRange {
  /** The start of the range, inclusive, as the API says. */
  readonly startTime: number
  /** The end of the range, inclusive. */
  readonly endTime: number
}

interface Lane {
  readonly source: EventSource
  /** The index that comes next. */
  next: number
  /** The end of the walk, one past its last index, in its direction. */
  readonly end: number
}

export class EventCursor {
  readonly #lanes: readonly Lane[]
  readonly #step: 1 | -1

  /**
   * @param positions those of an earlier cursor over the same group and range, to go on from there
   * @param inOrder whether the sources are merged by time, or walked one after the other
   */
  constructor(
    group: LogGroup,
    range: TimeRange,
    fromHead: boolean,
    positions: readonly number[] = [],
    readonly inOrder = true,
  ) {
    this.#step = fromHead ? 1 : -1
    this.#lanes = group.sources.map((source, i) => {
      const first = firstAtOrAfter(source, range.startTime)
      const behind = firstAtOrAfter(source, range.endTime + 1)
      const [start, end] = fromHead ? [first, behind] : [behind - 1, first - 1]
      return { source, next: positions[i] ?? start, end }
    })
  }

  get positions(): readonly number[] {
    return this.#lanes.map((lane) => lane.next)
  }

  get atEnd(): boolean {
    return this.#earliest() === null
  }

  /** The next event, without going past it; null at the end. */
  peek(): LogEvent | null {
    const lane = this.#earliest()
    return lane === null ? null : lane.source.eventAt(lane.next)
  }

  advance(): void {
    const lane = this.#earliest()
    if (lane !== null) lane.next += this.#step
  }

  #earliest(): Lane | null {
    let best: Lane | null = null
    let bestTime = 0
    for (const lane of this.#lanes) {
      if (this.#step > 0 ? lane.next >= lane.end : lane.next <= lane.end) continue
      const time = lane.source.timestampAt(lane.next) * this.#step
      if (!this.inOrder) return lane
      if (best === null || time < bestTime) {
        best = lane
        bestTime = time
      }
    }
    return best
  }
}
