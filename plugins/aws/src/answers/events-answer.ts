/**
 * An answer of FilterLogEvents as the SDK would give it, of its bytes. By the API reference it consists only of texts and
 * numbers, which JSON has as they are.
 */
import type { FilterLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs'
import { textOfBytes } from './text-of-bytes.js'

/** @throws SyntaxError for what is not JSON */
export function eventsAnswerOf(body: Buffer): FilterLogEventsResponse {
  const answer: FilterLogEventsResponse = JSON.parse(textOfBytes(body))
  for (const event of answer.events ?? []) dropNulls(event, eventMembers)
  dropNulls(answer, answerMembers)
  return answer
}

const answerMembers = ['events', 'nextToken', 'searchedLogStreams'] as const
const eventMembers = ['logStreamName', 'timestamp', 'message', 'ingestionTime', 'eventId'] as const

/** Drops members that are null: to the SDK and its callers, they are absent. */
function dropNulls<Name extends string>(object: { [Member in Name]?: unknown }, members: readonly Name[]) {
  for (const member of members) if (object[member] === null) delete object[member]
}
