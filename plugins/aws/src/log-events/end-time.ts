/** The end of the time that is asked for. */
import type { FilteredLogEvent, FilterLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs'

/**
 * The endTime to ask with, for events up to and including a millisecond. The API reference calls endTime inclusive;
 * people have found it exclusive. One millisecond more gives all of them either way.
 */
export function askedEnd(lastMillisecond: number): number {
  return lastMillisecond + 1
}

/** Drops events of the additional millisecond: they belong to another slice of time, or were not asked for. */
export function withoutLater<Answer extends Pick<FilterLogEventsResponse, 'events'>>(
  answer: Answer,
  lastMillisecond: number | undefined,
): Answer {
  if (lastMillisecond === undefined) return answer
  const isLater = ({ timestamp = 0 }: FilteredLogEvent) => timestamp > lastMillisecond
  if (answer.events?.some(isLater) !== true) return answer
  return { ...answer, events: answer.events.filter((event) => !isLater(event)) }
}
