/** DescribeLogStreams: a log group's streams, by name or by their last events, page by page. */
import { z } from 'zod'
import { constraintError } from './aws-error.js'
import { type AwsContext, json, type Serialized } from './aws-service.js'
import type { ListPages } from './list-pages.js'
import { findLogGroup, invalid, logGroupArn, patternError, readLogGroupName } from './log-group-reference.js'
import type { EventSource, LogEvent, LogGroup, LogStore } from './log-store.js'
import { checkBetween, readInput } from './read-input.js'

const inputSchema = z.object({
  logGroupName: z.string().nullish(),
  logGroupIdentifier: z.string().nullish(),
  logStreamNamePrefix: z.string().nullish(),
  orderBy: z.string().nullish(),
  descending: z.boolean().nullish(),
  limit: z.number().int().nullish(),
  nextToken: z.string().nullish(),
})

const mostStreamsPerPage = 50
const orders = ['LogStreamName', 'LastEventTime']

/** How far into a source of events a stream's first and last one are looked for. */
const farthestLook = 10_000

interface Stream {
  readonly name: string
  readonly first: LogEvent | undefined
  readonly last: LogEvent | undefined
}

export function describeLogStreams(
  raw: unknown,
  context: AwsContext,
  store: LogStore,
  pages: ListPages,
): Serialized {
  const { nextToken, ...rest } = readInput(inputSchema, raw)
  const group = findLogGroup(
    store,
    readLogGroupName(rest.logGroupName, rest.logGroupIdentifier, context),
    context,
  )
  const prefix = rest.logStreamNamePrefix ?? ''
  const orderBy = rest.orderBy ?? 'LogStreamName'
  const limit = rest.limit ?? mostStreamsPerPage
  checkBetween(limit, 'limit', 1, mostStreamsPerPage)
  if (!orders.includes(orderBy)) {
    throw constraintError(orderBy, 'orderBy', `Member must satisfy enum value set: [${orders.join(', ')}]`)
  }
  if (typeof rest.logStreamNamePrefix === 'string') {
    if (!/^[^:*]{1,512}$/.test(prefix)) throw patternError(prefix, 'logStreamNamePrefix', '[^:*]*')
    if (orderBy === 'LastEventTime') {
      throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.')
    }
  }
  const streams = streamsOf(group).filter(({ name }) => name.startsWith(prefix))
  if (orderBy === 'LastEventTime') {
    streams.sort((a, b) => (a.last?.timestamp ?? 0) - (b.last?.timestamp ?? 0))
  }
  if (rest.descending) streams.reverse()
  const fingerprint = JSON.stringify(['DescribeLogStreams', context.region, rest])
  const { items, token } = pages.cut(streams, { limit, token: nextToken, fingerprint })
  const arn = logGroupArn(group, context)
  return json({ logStreams: items.map((stream) => describe(stream, group, arn)), nextToken: token })
}

/** Describes a stream. Without events, it has no times except that of its creation. */
function describe({ name, first, last }: Stream, group: LogGroup, arn: string): object {
  return {
    logStreamName: name,
    creationTime: group.details.creationTime ?? first?.timestamp ?? 0,
    firstEventTimestamp: first?.timestamp,
    lastEventTimestamp: last?.timestamp,
    lastIngestionTime: last?.ingestionTime,
    uploadSequenceToken: last && `49${last.eventId}`,
    arn: `${arn}:log-stream:${name}`,
    storedBytes: 0,
  }
}

function streamsOf(group: LogGroup): Stream[] {
  const sources = group.sources.filter(({ length }) => length > 0)
  return [...group.streamNames].sort().map((name) => {
    const firsts = sources.flatMap((source) => firstEvent(source, name) ?? [])
    const lasts = sources.flatMap((source) => lastEvent(source, name) ?? [])
    return {
      name,
      first: firsts.sort((a, b) => a.timestamp - b.timestamp)[0],
      last: lasts.sort((a, b) => b.timestamp - a.timestamp)[0],
    }
  })
}

function firstEvent(source: EventSource, name: string): LogEvent | undefined {
  if (!source.streamNames.includes(name)) return undefined
  for (let index = 0; index < Math.min(source.length, farthestLook); index++) {
    const event = source.eventAt(index)
    if (event.logStreamName === name) return event
  }
  return undefined
}

function lastEvent(source: EventSource, name: string): LogEvent | undefined {
  if (!source.streamNames.includes(name)) return undefined
  for (let index = source.length - 1; index >= Math.max(0, source.length - farthestLook); index--) {
    const event = source.eventAt(index)
    if (event.logStreamName === name) return event
  }
  return undefined
}
