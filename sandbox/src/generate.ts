/** Generated events, put into a log group. */
import type { LogStore } from './aws/log-store.js'
import { articleAccountId } from './credentials.js'
import { articleRegion } from './data/article-trail.js'
import { type GenerateOptions, generateEvents } from './data/generated-events.js'

export interface GenerateRequest extends Omit<GenerateOptions, 'accountId'> {
  readonly logGroup: string
}

/** A summary of the events that were added. Times are epoch milliseconds; null where there is no event. */
export interface GeneratedLogGroup {
  readonly logGroup: string
  readonly region: string
  readonly count: number
  readonly firstTimestamp: number | null
  readonly lastTimestamp: number | null
}

export function generateInto(logs: LogStore, { logGroup, ...options }: GenerateRequest): GeneratedLogGroup {
  const region = options.region ?? articleRegion
  const source = generateEvents({ ...options, region, accountId: articleAccountId })
  logs.addSource(region, logGroup, source)
  const { length } = source
  return {
    logGroup,
    region,
    count: length,
    firstTimestamp: length === 0 ? null : source.timestampAt(0),
    lastTimestamp: length === 0 ? null : source.timestampAt(length - 1),
  }
}
