/** Log events as rows. A message is parsed only when a column shows something of it. */
import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs'
import type { Row } from '@millrace/plugin-sdk'
import { blankRow, recordReader } from '../../cloudtrail-records/record-reader.js'
import type { EventColumn, EventColumns } from './columns.js'

export type EventRow = Row<EventColumns>

/** Columns that are the same in all rows of a region. */
export type RegionValues = Pick<EventRow, 'filter' | 'log_group_name' | 'partition' | 'region' | 'account_id'>

type EventReader = (event: FilteredLogEvent) => unknown

const eventReaders: Partial<Record<EventColumn, EventReader>> = {
  log_stream_name: (event) => event.logStreamName,
  timestamp: (event) => (event.timestamp === undefined ? null : new Date(event.timestamp)),
  timestamp_ms: (event) => event.timestamp,
}

/**
 * Makes the function that turns a region's events into rows; whatever depends on the columns and the region is
 * decided here, once.
 */
export function rowReader(
  columns: ReadonlySet<string>,
  values: RegionValues,
): (event: FilteredLogEvent) => EventRow {
  const ofEvent = Object.entries(eventReaders).flatMap(([column, read]) =>
    columns.has(column) ? [{ column, read }] : [],
  )
  const reader = recordReader(columns)
  const blank = blankRow(columns, values)
  return (event) => {
    // Copying a row that has all its columns is several times as fast as adding them one by one.
    const row = { ...blank }
    for (const { column, read } of ofEvent) row[column] = read(event)
    reader?.readText(event.message ?? '', row)
    // The readers give each column its type, which a table of them by name cannot express.
    return row as EventRow
  }
}
