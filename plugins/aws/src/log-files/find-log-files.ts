/** Finds the log files of folders that bounds hold: by days, or by the months that there are, side by side. */
import type { _Object } from '@aws-sdk/client-s3'
import { eachRow } from '@millrace/plugin-sdk'
import { isDirectoryBucket } from '../names/buckets.js'
import { commonPrefixes, type ObjectQuery, objectPages, type S3Scan } from '../s3/object-pages.js'
import { type DeliveryBounds, dateOf, dayOf, floorToMinute, isWithin } from './delivery-bounds.js'
import type { BucketPlace } from './find-log-folders.js'
import { firstNameFrom, type LogFileKey, type LogFolder, parseLogFileKey } from './log-file-key.js'

export interface LogFile {
  readonly key: string
  readonly name: LogFileKey
  /** In bytes; undefined where it was not listed. */
  readonly size: number | undefined
}

const day = 24 * 60 * 60_000

/**
 * The log files of a folder, as the lists give them.
 * @param mostDays the most days that are listed each by itself, whether there are any log files or not. Of more, the months
 *   are listed that there are.
 */
export async function* logFilesOf(
  scan: S3Scan,
  place: BucketPlace,
  folder: LogFolder,
  bounds: DeliveryBounds,
  mostDays = 31,
): AsyncGenerator<readonly LogFile[], void, void> {
  const { firstDay, lastDay } = withToday(bounds)
  if (firstDay !== undefined && firstDay > lastDay) return
  const start = startOf(folder, bounds)
  if (firstDay === undefined || lastDay - firstDay >= mostDays) {
    yield* filesOfMonths(scan, place, folder, bounds, start)
  } else {
    const days = Array.from({ length: lastDay - firstDay + 1 }, (_, index) => pathOf(firstDay + index))
    yield* filesOfDates(scan, place, folder, bounds, start, async () => days)
  }
}

/**
 * The first page of all that there is, and then the months of what is left. So there is something to read after one list, and
 * often it is all.
 */
async function* filesOfMonths(
  scan: S3Scan,
  place: BucketPlace,
  folder: LogFolder,
  bounds: DeliveryBounds,
  start: string | undefined,
): AsyncGenerator<readonly LogFile[], void, void> {
  let after = start
  // The lists of a directory bucket are in no order.
  if (!isDirectoryBucket(place.bucket)) {
    const pages = filePages(scan, place, folder, bounds, { Prefix: folder.path, StartAfter: start })
    const first = await pages.next()
    await pages.return()
    if (first.done === true) return
    yield first.value.files
    if (first.value.isLast) return
    after = first.value.lastKey
  }
  yield* filesOfDates(scan, place, folder, bounds, after, () =>
    monthsOf(scan, place, folder, bounds, after?.slice(folder.path.length)),
  )
}

/** The months in which a folder has log files, within bounds: paths such as `2022/07/`, the first one first. */
export async function monthsOf(
  scan: S3Scan,
  place: BucketPlace,
  folder: LogFolder,
  bounds: DeliveryBounds,
  first = bounds.firstDay === undefined ? '' : pathOf(bounds.firstDay),
): Promise<readonly string[]> {
  const last = pathOf(withToday(bounds).lastDay)
  /** What lies beneath a path, as far as days from the first to the last are in it. */
  const beneath = async (path: string, shape: RegExp) => {
    const found = await commonPrefixes(scan, place, `${folder.path}${path}`, '/')
    return found
      .map((one) => one.slice(folder.path.length))
      .filter(
        (one) => shape.test(one) && one >= first.slice(0, one.length) && one <= last.slice(0, one.length),
      )
  }
  const years = await beneath('', /^\d{4}\/$/)
  const months = await Promise.all(years.map((year) => beneath(year, /^\d{4}\/\d\d\/$/)))
  return months.flat().sort()
}

/** Bounds with a last day: a day more than today's, by whatever clock. */
function withToday({ firstDay, lastDay }: DeliveryBounds) {
  const tomorrow = Math.floor(Date.now() / day) + 1
  return { firstDay, lastDay: Math.min(lastDay ?? tomorrow, tomorrow) }
}

/** The path of a day, such as `2022/07/06/`. */
function pathOf(ownDay: number): string {
  return `${dateOf(ownDay).replaceAll('-', '/')}/`
}

/** @param start the key after which they come; @param dates finds paths of days or months */
async function* filesOfDates(
  scan: S3Scan,
  place: BucketPlace,
  folder: LogFolder,
  bounds: DeliveryBounds,
  start: string | undefined,
  dates: () => Promise<readonly string[]>,
): AsyncGenerator<readonly LogFile[], void, void> {
  async function* batches() {
    yield await dates()
  }
  yield* eachRow(batches(), async function* (date) {
    const prefix = `${folder.path}${date}`
    const query = { Prefix: prefix, StartAfter: start?.startsWith(prefix) === true ? start : undefined }
    for await (const { files } of filePages(scan, place, folder, bounds, query)) {
      if (files.length > 0) yield files
    }
  })
}

/** The pages of a list, as far as log files within bounds may be in them. */
async function* filePages(
  scan: S3Scan,
  place: BucketPlace,
  folder: LogFolder,
  bounds: DeliveryBounds,
  query: ObjectQuery,
) {
  const end = bounds.lastDay === undefined ? undefined : `${folder.path}${pathOf(bounds.lastDay + 1)}`
  for await (const { objects, isLast } of objectPages(scan, place, query)) {
    const files = objects
      .flatMap((object) => logFileOf(object) ?? [])
      .filter(({ name }) => isWithin(bounds, name))
    const lastKey = objects.at(-1)?.Key ?? ''
    // Keys are in the order of their days, but in a directory bucket.
    const isPastEnd = end !== undefined && !isDirectoryBucket(place.bucket) && lastKey >= end
    yield { files, lastKey, isLast: isLast || isPastEnd }
    if (isPastEnd) return
  }
}

/** The key after which the first log file within bounds comes: within a day, names are in the order of their times. */
function startOf(folder: LogFolder, { firstDay, firstTime }: DeliveryBounds): string | undefined {
  if (firstDay === undefined) return undefined
  const path = `${folder.path}${pathOf(firstDay)}`
  const time = firstTime === undefined ? undefined : floorToMinute(firstTime)
  return time === undefined || Math.floor(time / day) !== firstDay
    ? path
    : `${path}${firstNameFrom(folder, time)}`
}

function logFileOf({ Key: key = '', Size: size }: _Object): LogFile | undefined {
  const name = parseLogFileKey(key)
  return name === undefined ? undefined : { key, name, size }
}

/** The first and the last day of a month, since 1970. @param path such as `2022/07/` */
export function daysOfMonth(path: string): { readonly firstDay: number; readonly lastDay: number } {
  const [year = 0, month = 0] = path.split('/').map(Number)
  const next = month === 12 ? [year + 1, 1] : [year, month + 1]
  return { firstDay: dayOf(isoMonth(year, month)), lastDay: dayOf(isoMonth(next[0] ?? 0, next[1] ?? 0)) - 1 }
}

function isoMonth(year: number, month: number): string {
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-01`
}
