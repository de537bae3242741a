/** Finds the log files of folders that bounds hold: by days, or by the months that there are, side by side. */
import type { _Object } from '@aws-sdk/client-s3'
import { eachRow } from '@millrace/plugin-sdk'
import { isDirectoryBucket } from '../names/buckets.js'
import { commonPrefixes, objectPages, type S3Scan } from '../s3/object-pages.js'
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
  async function* datePrefixes() {
    const { firstDay, lastDay } = withToday(bounds)
    if (firstDay === undefined || lastDay - firstDay >= mostDays) {
      yield await monthsOf(scan, place, folder, bounds)
    } else if (firstDay <= lastDay) {
      yield Array.from({ length: lastDay - firstDay + 1 }, (_, index) => pathOf(firstDay + index))
    }
  }
  yield* eachRow(datePrefixes(), (prefix) => filesOf(scan, place, folder, prefix, bounds))
}

/** The months in which a folder has log files, within bounds: paths such as `2022/07/`, the first one first. */
export async function monthsOf(
  scan: S3Scan,
  place: BucketPlace,
  folder: LogFolder,
  bounds: DeliveryBounds,
): Promise<readonly string[]> {
  const { firstDay, lastDay } = withToday(bounds)
  const first = firstDay === undefined ? '' : pathOf(firstDay)
  const last = pathOf(lastDay)
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

/** @param datePath of a day or a month */
async function* filesOf(
  scan: S3Scan,
  place: BucketPlace,
  folder: LogFolder,
  datePath: string,
  bounds: DeliveryBounds,
): AsyncGenerator<readonly LogFile[], void, void> {
  const prefix = `${folder.path}${datePath}`
  const start = startOf(folder, bounds)
  const query = { Prefix: prefix, StartAfter: start?.startsWith(prefix) === true ? start : undefined }
  const end = bounds.lastDay === undefined ? undefined : `${folder.path}${pathOf(bounds.lastDay + 1)}`
  for await (const { objects } of objectPages(scan, place, query)) {
    const files = objects
      .flatMap((object) => logFileOf(object) ?? [])
      .filter(({ name }) => isWithin(bounds, name))
    if (files.length > 0) yield files
    // Keys are in the order of their days, but in a directory bucket.
    if (end !== undefined && !isDirectoryBucket(place.bucket) && (objects.at(-1)?.Key ?? '') >= end) return
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
