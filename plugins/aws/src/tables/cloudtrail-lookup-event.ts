/**
 * aws_cloudtrail_lookup_event: CloudTrail's event history of the last 90 days, by LookupEvents.
 */
import type { Event } from '@aws-sdk/client-cloudtrail'
import { equalValue, isSureToFulfil, type Key, merge, type Row, type Scan } from '@millrace/plugin-sdk'
import { awsCall } from '../calls/aws-call.js'
import { FirstInOrder } from '../calls/first-in-order.js'
import { pageSize, tokenPages } from '../calls/token-pages.js'
import { identityKeys, identityOfScan } from '../columns/identity-columns.js'
import { jsonOfText, jsonOrNull } from '../columns/json-value.js'
import type { AwsConnection } from '../connection/connection.js'
import { defineTable } from '../connection/define-table.js'
import { eachRegion } from '../regions/each-region.js'
import { regionsOfScan } from '../regions/regions.js'
import { callsOf } from '../services/aws-service.js'
import { cloudTrail } from '../services/cloudtrail.js'
import { type Lookup, lookupsOf } from './cloudtrail-lookup-event/attributes.js'
import { columns, type LookupColumns } from './cloudtrail-lookup-event/columns.js'
import { isoOfMicroseconds, type TimeRange, timeRangeOf } from './cloudtrail-lookup-event/time-range.js'

type LookupScan = Scan<AwsConnection, LookupColumns>
type LookupRow = Row<LookupColumns>

const mostEventsPerPage = 50

/**
 * The most lookups at once. LookupEvents allows two calls a second in a region; more side by side would only be
 * throttled.
 */
const lookupsAtOnce = 2

/** A key for attributes. Events are filtered as they come, so that rows have only values that were asked for. */
const attributeKey: Key = { operators: ['='], valuesPerCall: 50, inherent: true }
const questionKey: Key = { operators: ['='], valuesPerCall: 1 }

export const cloudtrailLookupEvent = defineTable({
  name: 'aws_cloudtrail_lookup_event',
  description:
    'Management events of the last 90 days, as CloudTrail keeps them for every account, with or without a ' +
    'trail. The API gives 50 events a call and takes two calls a second: name an attribute, or a time.',
  columns,
  calls: callsOf(cloudTrail, 'LookupEvents'),
  keys: {
    event_id: attributeKey,
    event_name: attributeKey,
    event_source: attributeKey,
    read_only: attributeKey,
    access_key_id: attributeKey,
    event_time: { operators: ['=', '>', '>=', '<', '<='], inherent: true, immutable: true },
    end_time: questionKey,
    start_time: questionKey,
    resource_name: questionKey,
    resource_type: questionKey,
    username: attributeKey,
    ...identityKeys,
  },
  // LookupEvents, Events: "The events list is sorted by time. The most recent event is listed first."
  orders: { event_time: ['desc'] },
  async *list(scan) {
    const echo = echoOf(scan)
    const range = timeRangeOf(scan.quals)
    if (range === undefined) return
    const identity = await identityOfScan(scan, scan.quals.account_id)
    if (identity === undefined) return
    const regions = await regionsOfScan(scan, scan.quals.region)
    const lookups = lookupsOf(scan.quals)
    yield* eachRegion(regions, scan, (region) => {
      const values = { ...echo, ...identity, region }
      return merge(
        lookups.map((lookup) => eventsOf(lookup, range, region, values, scan)),
        lookupsAtOnce,
      )
    })
  },
  examples: [
    {
      title: 'The latest events that changed something',
      sql: `select event_time, event_source, event_name, username
from aws_cloudtrail_lookup_event
where read_only = 'false'
order by event_time desc
limit 20`,
    },
    {
      title: 'Sign-ins to the console, with their addresses',
      sql: `select event_time, username, cloud_trail_event ->> 'sourceIPAddress' as address
from aws_cloudtrail_lookup_event
where event_name = 'ConsoleLogin'`,
    },
    {
      title: 'Events of an hour',
      sql: `select event_time, event_name, username, resources
from aws_cloudtrail_lookup_event
where event_time >= timestamptz '2022-07-06 19:00+00' and event_time < timestamptz '2022-07-06 20:00+00'`,
    },
    {
      title: 'What was done with a bucket',
      sql: `select event_time, event_name, username
from aws_cloudtrail_lookup_event
where resource_type = 'AWS::S3::Bucket' and resource_name = 'devto-public-assets'`,
    },
  ],
})

/** Columns that only repeat what was asked for. */
function echoOf({ quals }: LookupScan): LookupRow {
  return {
    start_time: isoOfMicroseconds(equalValue(quals.start_time)),
    end_time: isoOfMicroseconds(equalValue(quals.end_time)),
    resource_name: equalValue(quals.resource_name),
    resource_type: equalValue(quals.resource_type),
  }
}

function eventsOf(
  { attribute, isMeant, isLoose }: Lookup,
  range: TimeRange,
  region: string,
  values: LookupRow,
  scan: LookupScan,
): AsyncGenerator<readonly LookupRow[]> {
  const wantsRecord = scan.columns.has('cloud_trail_event')
  const isInTime = timeTest(scan)
  const { limit, order, quals } = scan
  const first = limit === undefined || order === undefined ? undefined : new FirstInOrder('desc', limit)
  return tokenPages('LookupEvents', first === undefined ? limit : undefined, async (NextToken) => {
    const input = {
      ...range,
      ...(attribute === undefined ? {} : { LookupAttributes: [attribute] }),
      // Events of one second are common, and it must be seen where the last one's second ends.
      MaxResults: isLoose || first !== undefined ? mostEventsPerPage : pageSize(limit, mostEventsPerPage),
      NextToken,
    }
    const answer = await awsCall(scan, 'LookupEvents', region, async (abortSignal) =>
      (await scan.connection.client(cloudTrail, region)).lookupEvents(input, { abortSignal }),
    )
    const items: LookupRow[] = []
    for (const event of answer.Events ?? []) {
      const row = isMeant(event) && isInTime(event) ? rowOf(event, values, wantsRecord) : undefined
      if (row !== undefined) items.push(row)
      first?.add(event.EventTime?.getTime(), row !== undefined && isSureToFulfil(row, quals, columns))
    }
    return { items, token: first?.isEnough === true ? undefined : answer.NextToken }
  })
}

/** Tests events by start_time and end_time, which PostgreSQL cannot check: they are not the event's. */
function timeTest({ quals }: LookupScan): (event: Event) => boolean {
  const start = equalValue(quals.start_time)
  const end = equalValue(quals.end_time)
  return ({ EventTime }) => {
    if (EventTime === undefined) return true
    const time = BigInt(EventTime.getTime()) * 1000n
    return (start === undefined || time >= start) && (end === undefined || time <= end)
  }
}

function rowOf(event: Event, values: LookupRow, wantsRecord: boolean): LookupRow {
  return {
    ...values,
    event_id: event.EventId,
    event_name: event.EventName,
    event_source: event.EventSource,
    read_only: event.ReadOnly,
    access_key_id: event.AccessKeyId,
    event_time: event.EventTime,
    username: event.Username,
    resources: jsonOrNull(event.Resources),
    cloud_trail_event: wantsRecord ? jsonOfText(event.CloudTrailEvent) : null,
    title: event.EventName,
  }
}
