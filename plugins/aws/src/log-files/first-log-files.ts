/**
 * The newest events of log files, without reading all the others.
 *
 * Files are read from the one that was delivered last. An event is never later than the time of its file's name, but for the
 * skew that bounds allow for; so once all files since some time have been read, no other has an event later than that.
 */
import { merge, type Row } from '@millrace/plugin-sdk'
import { type DeliveryBounds, nameSkew } from './delivery-bounds.js'
import { daysOfMonth, type LogFile } from './find-log-files.js'
import { microsecondsOf } from './record-test.js'

export interface FirstLogFiles {
  /** The number of events that are needed. */
  readonly limit: number
  /** All log files within bounds. @param mostDays the most days that are listed each by itself */
  find(bounds: DeliveryBounds, mostDays: number): AsyncIterable<readonly LogFile[]>
  /** The months within bounds in which there may be any: paths such as `2022/07/`. */
  months(bounds: DeliveryBounds): Promise<readonly string[]>
  read(file: LogFile): AsyncIterable<readonly Row[]>
}

/** How many files are read side by side. More would be read in vain where the first ones have enough. */
const filesAtOnce = 8

/** How many days are looked through before it is asked in which months there are any log files. */
const lastDays = 2

const day = 24 * 60 * 60_000

/** The newest events, and others. @param bounds of all that may be read */
export async function* newestRows(
  source: FirstLogFiles,
  bounds: DeliveryBounds,
): AsyncGenerator<readonly Row[], void, void> {
  const { limit, find, read } = source
  /** The newest times so far, no more than are needed. */
  let newest: readonly bigint[] = []
  for await (const window of windows(source, bounds)) {
    const files: LogFile[] = []
    for await (const found of find(window, lastDays)) files.push(...found)
    files.sort((a, b) => b.name.deliveredAt - a.name.deliveredAt)
    for (let start = 0; start < files.length; start += filesAtOnce) {
      const group = files.slice(start, start + filesAtOnce)
      const times = [...newest]
      for await (const rows of merge(group.map(read))) {
        for (const { event_time } of rows) times.push(microsecondsOf(event_time) ?? 0n)
        yield rows
      }
      newest = times.sort((a, b) => (a < b ? 1 : a > b ? -1 : 0)).slice(0, limit)
      // What follows was delivered no later than the last of these.
      const border = BigInt((group.at(-1)?.name.deliveredAt ?? 0) + nameSkew) * 1000n
      const last = newest[limit - 1]
      if (last !== undefined && last > border) return
    }
  }
}

/** Parts of bounds, by their days, the latest first, which together hold all log files of the whole. */
async function* windows(
  { months }: FirstLogFiles,
  bounds: DeliveryBounds,
): AsyncGenerator<DeliveryBounds, void, void> {
  const tomorrow = Math.floor(Date.now() / day) + 1
  const last = Math.min(bounds.lastDay ?? tomorrow, tomorrow)
  const first = last - lastDays + 1
  if (bounds.firstDay !== undefined && bounds.firstDay >= first) {
    yield bounds
    return
  }
  yield { ...bounds, firstDay: first, lastDay: last }
  const rest = { ...bounds, lastDay: first - 1 }
  for (const month of [...(await months(rest))].sort().reverse()) {
    const { firstDay, lastDay } = daysOfMonth(month)
    yield {
      ...rest,
      firstDay: Math.max(firstDay, rest.firstDay ?? firstDay),
      lastDay: Math.min(lastDay, rest.lastDay),
    }
  }
}
