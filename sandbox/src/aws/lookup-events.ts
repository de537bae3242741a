/** LookupEvents: a region's event history, by one attribute and by time, page by page. */
import { z } from 'zod'
import { AwsError } from './aws-error.js'
import { type AwsContext, json, type Serialized } from './aws-service.js'
import type { EventHistory, HistoryEvent } from './event-history.js'
import type { ListPages } from './list-pages.js'
import { readInput } from './read-input.js'

const inputSchema = z.object({
  LookupAttributes: z.array(z.object({ AttributeKey: z.string(), AttributeValue: z.string() })).nullish(),
  StartTime: z.number().nullish(),
  EndTime: z.number().nullish(),
  EventCategory: z.string().nullish(),
  MaxResults: z.number().int().nullish(),
  NextToken: z.string().nullish(),
})

const mostEventsPerPage = 50
const longestValue = 2000

const tests: Readonly<Record<string, (event: HistoryEvent, value: string) => boolean>> = {
  EventId: (event, value) => event.EventId === value,
  EventName: (event, value) => event.EventName === value,
  ReadOnly: (event, value) => event.ReadOnly === value,
  Username: (event, value) => event.Username === value,
  ResourceType: (event, value) => event.Resources.some(({ ResourceType }) => ResourceType === value),
  ResourceName: (event, value) => event.Resources.some(({ ResourceName }) => ResourceName === value),
  EventSource: (event, value) => event.EventSource === value,
  AccessKeyId: (event, value) => event.AccessKeyId === value,
}

export function lookupEvents(
  raw: unknown,
  context: AwsContext,
  history: EventHistory,
  pages: ListPages,
): Serialized {
  const { NextToken, MaxResults, ...question } = readInput(inputSchema, raw)
  const limit = MaxResults ?? mostEventsPerPage
  if (limit < 1 || limit > mostEventsPerPage) {
    throw new AwsError('InvalidMaxResultsException', `A max results value of ${limit} is invalid.`)
  }
  const { StartTime, EndTime, EventCategory } = question
  if (typeof EventCategory === 'string' && EventCategory !== 'insight') {
    throw new AwsError('InvalidEventCategoryException', `Event category ${EventCategory} is invalid.`)
  }
  const start = StartTime ?? 0
  const end = EndTime ?? Number.POSITIVE_INFINITY
  if (start > end) {
    throw new AwsError('InvalidTimeRangeException', 'The start time is after the end time.')
  }
  const matches = readAttributes(question.LookupAttributes ?? [])
  const found = history
    .inRegion(context.region)
    .filter((event) => event.EventTime >= start && event.EventTime <= end && matches(event))
  const { items, token } = pages.cut(EventCategory === 'insight' ? [] : found, {
    limit,
    token: NextToken,
    fingerprint: JSON.stringify(['LookupEvents', context.region, MaxResults, question]),
    invalidToken: 'InvalidNextTokenException',
  })
  return json({ Events: items, NextToken: token })
}

function readAttributes(
  attributes: readonly { readonly AttributeKey: string; readonly AttributeValue: string }[],
): (event: HistoryEvent) => boolean {
  const [first] = attributes
  if (first === undefined) return () => true
  const { AttributeKey: key, AttributeValue: value } = first
  const test = Object.hasOwn(tests, key) ? tests[key] : undefined
  // Some characters count twice.
  const length = value.length + (value.match(/[_ ,\n]/g)?.length ?? 0)
  if (attributes.length > 1 || test === undefined || length < 1 || length > longestValue) {
    throw new AwsError('InvalidLookupAttributesException', 'The lookup attributes are invalid.')
  }
  return (event) => test(event, value)
}
