/** A page of log events as rows. */
import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs'
import { type Decoded, defineDecoder } from '@millrace/plugin-sdk'
import { type RegionValues, rowReader } from './row-reader.js'

export interface PageOptions {
  readonly columns: readonly string[]
  readonly values: RegionValues
}

export type EventPage = readonly FilteredLogEvent[]

export const eventPageDecoder = defineDecoder(
  new URL('./decode-page.js', import.meta.url),
  'eventPageDecoder',
  decodePages,
  textBytesOf,
)

async function* decodePages(
  pages: AsyncIterable<EventPage>,
  { columns, values }: PageOptions,
): AsyncGenerator<Decoded<never>, void, void> {
  const readRow = rowReader(new Set(columns), values)
  for await (const page of pages) yield { rows: page.map(readRow), remarks: [] }
}

/** An event of CloudTrail has some 1,200 characters. */
function textBytesOf(page: EventPage): number {
  return page.length * 1_200
}
