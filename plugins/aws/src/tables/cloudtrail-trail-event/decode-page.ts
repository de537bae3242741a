/** A page of log events as rows. */
import type { FilterLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs'
import { type Decoded, defineDecoder } from '@millrace/plugin-sdk'
import { eventsAnswerOf } from '../../answers/events-answer.js'
import { ForeignAnswerError } from '../../answers/foreign-answer.js'
import { withoutLater } from '../../log-events/end-time.js'
import { type RegionValues, rowReader } from './row-reader.js'

export interface PageOptions {
  readonly columns: readonly string[]
  readonly values: RegionValues
  /** The time of the last events that are asked for, in milliseconds. */
  readonly endTime: number | undefined
}

/** @throws ForeignAnswerError for what is not JSON */
export const eventPageDecoder = defineDecoder(
  new URL('./decode-page.js', import.meta.url),
  'eventPageDecoder',
  decodePages,
)

async function* decodePages(
  pages: AsyncIterable<Buffer>,
  { columns, values, endTime }: PageOptions,
): AsyncGenerator<Decoded<never>, void, void> {
  const readRow = rowReader(new Set(columns), values)
  for await (const page of pages) {
    // JSON.parse makes far more than is read, and is faster still than what finds fields on bytes: most bytes are of messages,
    // which it goes through twice, but not in JavaScript.
    const { events = [] } = withoutLater(answerOf(page), endTime)
    yield { rows: events.map(readRow), remarks: [] }
  }
}

function answerOf(body: Buffer): FilterLogEventsResponse {
  try {
    return eventsAnswerOf(body)
  } catch {
    throw new ForeignAnswerError(200, 'cut', { contentType: undefined, body })
  }
}
