/** Rows of log files: read, decoded, and what becomes of those that cannot be. */
import { ApiError, type Row, type Scan } from '@millrace/plugin-sdk'
import { problemOf, type S3Target } from '../calls/s3-call.js'
import type { S3Scan } from '../s3/object-pages.js'
import type { BrokenRecord, DecodeOptions, logFileDecoder } from './decode-log-file.js'
import type { LogFile } from './find-log-files.js'
import type { BucketPlace } from './find-log-folders.js'
import { objectParts } from './read-log-file.js'
import { LogFileError } from './record-splitter.js'

export interface LogFileScan extends S3Scan, Pick<Scan, 'leaveOut' | 'ignores'> {}

/**
 * The rows of a log file. One that is gone since it was listed has none, as if it had been gone before.
 * @param decode the scan's, or the decoder's own where its rows are looked at
 * @throws ApiError that names the file, unless the settings say to go on without it
 */
export async function* logFileRows(
  scan: LogFileScan,
  { bucket, region }: BucketPlace,
  { key, size }: LogFile,
  options: DecodeOptions,
  decode: typeof logFileDecoder.decode,
): AsyncGenerator<readonly Row[], void, void> {
  const target = { bucket, key, region }
  try {
    for await (const { rows, remarks: broken } of decode(objectParts(scan, target, size), options)) {
      if (rows.length > 0) yield rows
      const [first] = broken
      if (first !== undefined) goOnWithout(brokenRecords(first, broken.length, target), scan, target)
    }
  } catch (error) {
    if (problemOf(error) === 'gone') return
    goOnWithout(LogFileError.is(error) ? brokenFile(error, target) : error, scan, target)
  }
}

/** @throws the failure, unless the settings say to go on without what belongs to it */
function goOnWithout(failure: unknown, scan: LogFileScan, { key }: S3Target): void {
  const isOwn = ApiError.is(failure) && failure.code === brokenCode
  const leavesOut = scan.connection.leavesLogFilesOut && (isOwn || problemOf(failure) === 'archived')
  if (!leavesOut && !scan.ignores(failure)) throw failure
  scan.leaveOut(`log file ${key}`, failure)
}

/** What failures of the content are called in `ignore_error_codes`. */
const brokenCode = 'BrokenLogFile'

const hint =
  'Narrow the conditions so that the file is not read, or set on_object_failure of the connection to notice, to go on ' +
  'without what cannot be read.'

function brokenFile({ message, offset }: LogFileError, { bucket, key }: S3Target): ApiError {
  return new ApiError(`the log file "${key}" of bucket "${bucket}" cannot be read: ${message}`, {
    code: brokenCode,
    detail: `At byte ${offset} of its JSON.`,
    hint,
  })
}

function brokenRecords({ reason, offset }: BrokenRecord, count: number, { bucket, key }: S3Target): ApiError {
  const others = count === 1 ? '' : `, and ${count - 1} others`
  return new ApiError(`a record of the log file "${key}" of bucket "${bucket}" cannot be read: ${reason}`, {
    code: brokenCode,
    detail: `At byte ${offset} of its JSON${others}.`,
    hint,
  })
}
