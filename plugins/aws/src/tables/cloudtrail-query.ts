/** aws_cloudtrail_query: queries over CloudTrail Lake's event data stores, by ListQueries for each. */
import type { Query, QueryStatus } from '@aws-sdk/client-cloudtrail'
import {
  bigint,
  equalValue,
  equalValues,
  merge,
  type Row,
  type Scan,
  text,
  timestamptz,
} from '@millrace/plugin-sdk'
import { awsCallExpecting, ExpectedError } from '../calls/aws-call.js'
import { identityColumns, identityKeys, identityOfScan } from '../columns/identity-columns.js'
import type { AwsConnection } from '../connection/connection.js'
import { defineTable } from '../connection/define-table.js'
import { regionOfLakeArn } from '../lake/lake-arn.js'
import { lakeList } from '../lake/lake-list.js'
import { eachRegion } from '../regions/each-region.js'
import { regionsOfScan } from '../regions/regions.js'
import { callsOf } from '../services/aws-service.js'
import { cloudTrail } from '../services/cloudtrail.js'
import { type DateRange, dateRangeOf } from './cloudtrail-query/date-range.js'

const columns = {
  query_id: text('The identifier of the query.'),
  event_data_store_arn: text('The ARN of the event data store that was asked.'),
  creation_time: timestamptz('When the query was begun.'),
  delivery_s3_uri: text('Where in S3 the results were put.'),
  delivery_status: text('Whether the results could be put there.'),
  error_message: text('What went wrong.'),
  query_status: text('How far the query is, such as RUNNING, FINISHED or FAILED.'),
  bytes_scanned: bigint('How many bytes were looked through, which is what a query costs.'),
  events_matched: bigint('How many events the query found.'),
  events_scanned: bigint('How many events were looked through.'),
  execution_time_in_millis: bigint('How long the query took, in milliseconds.'),
  query_string: text('The SQL of the query.'),
  title: text('A title for the query: its identifier.'),
  ...identityColumns,
}

export type QueryColumns = typeof columns

type QueryScan = Scan<AwsConnection, QueryColumns>
type QueryRow = Row<QueryColumns>

/** The errors of a store that is about to be deleted, which has no queries to list. */
const storeGone = ['EventDataStoreNotFoundException', 'InactiveEventDataStoreException']
const queryGone = [...storeGone, 'QueryIdNotFoundException', 'UnsupportedOperationException']

/** The statuses that ListQueries takes; others may be added with time, and are looked for in the whole list. */
const knownStatuses: readonly string[] = ['QUEUED', 'RUNNING', 'FINISHED', 'FAILED', 'CANCELLED', 'TIMED_OUT']

export const cloudtrailQuery = defineTable({
  name: 'aws_cloudtrail_query',
  description:
    'Queries of the last seven days that were made of event data stores of CloudTrail Lake. With a condition on ' +
    'event_data_store_arn only that store is asked; without one, every active store is.',
  columns,
  calls: callsOf(cloudTrail, 'ListEventDataStores', 'ListQueries', 'DescribeQuery'),
  keys: {
    event_data_store_arn: { operators: ['='], valuesPerCall: 1, inherent: true },
    query_status: { operators: ['='], valuesPerCall: 1, inherent: true },
    creation_time: { operators: ['=', '>', '>=', '<', '<='], inherent: true, immutable: true },
    query_id: { operators: ['='], valuesPerCall: 1000, inherent: true },
    ...identityKeys,
  },
  async *list(scan) {
    const range = dateRangeOf(scan.quals.creation_time)
    if (range === undefined) return
    const identity = await identityOfScan(scan, scan.quals.account_id)
    if (identity === undefined) return
    const regions = await regionsOfScan(scan, scan.quals.region)
    const arn = equalValue(scan.quals.event_data_store_arn)
    if (arn === undefined) {
      yield* eachRegion(regions, scan, (region) =>
        queriesOfRegion(region, range, { ...identity, region }, scan),
      )
      return
    }
    const region = regionOfLakeArn('eventdatastore', arn)
    if (region === undefined || !regions.includes(region)) return
    yield* queriesOfStore(arn, region, range, { ...identity, region }, scan)
  },
  hydrate: {
    description: {
      columns: [
        'delivery_s3_uri',
        'delivery_status',
        'error_message',
        'bytes_scanned',
        'events_matched',
        'events_scanned',
        'execution_time_in_millis',
        'query_string',
      ],
      fetch: fetchDescription,
    },
  },
  examples: [
    {
      title: 'The queries that looked through most',
      sql: `select query_id, creation_time, bytes_scanned, query_string
from aws_cloudtrail_query
order by bytes_scanned desc
limit 10`,
    },
    {
      title: 'Queries that failed, and why',
      sql: "select query_id, creation_time, error_message from aws_cloudtrail_query where query_status = 'FAILED'",
    },
    {
      title: 'Queries of a day, by event data store',
      sql: `select s.name, count(*)
from aws_cloudtrail_event_data_store s
join aws_cloudtrail_query q on q.event_data_store_arn = s.arn
where q.creation_time >= timestamptz '2022-07-06 00:00+00' and q.creation_time < timestamptz '2022-07-07 00:00+00'
group by s.name`,
    },
  ],
})

/** Queries of all stores, those of a page of stores side by side. */
async function* queriesOfRegion(
  region: string,
  range: DateRange,
  values: QueryRow,
  scan: QueryScan,
): AsyncGenerator<readonly QueryRow[]> {
  const pages = lakeList(
    {
      name: 'ListEventDataStores',
      region,
      limit: undefined,
      async send(client, page, options) {
        const answer = await client.listEventDataStores(page, options)
        return { items: answer.EventDataStores ?? [], token: answer.NextToken }
      },
    },
    scan,
  )
  for await (const stores of pages) {
    const arns = stores.flatMap(({ EventDataStoreArn }) => EventDataStoreArn ?? [])
    yield* merge(arns.map((arn) => queriesOfStore(arn, region, range, values, scan)))
  }
}

/**
 * Queries of a store. A query is looked for in the list of its store even where its identifier is known:
 * DescribeQuery no longer looks at the store, and would also answer for another store's query.
 * @param values what is the same in all rows of the region
 */
async function* queriesOfStore(
  arn: string,
  region: string,
  range: DateRange,
  values: QueryRow,
  scan: QueryScan,
): AsyncGenerator<readonly QueryRow[]> {
  const ids = equalValues(scan.quals.query_id)
  const status = equalValue(scan.quals.query_status)
  // The SDK's type is closed; the list above decides what of it is sent.
  const asked = status !== undefined && knownStatuses.includes(status) ? (status as QueryStatus) : undefined
  const isMeant = ({ QueryId, QueryStatus }: Query) =>
    (ids === undefined || (QueryId !== undefined && ids.includes(QueryId))) &&
    (status === undefined || QueryStatus === status)
  const pages = lakeList(
    {
      name: 'ListQueries',
      region,
      // With a condition on query_id, a page of the limit's size would hold others.
      limit: ids === undefined ? scan.limit : undefined,
      nothing: storeGone,
      async send(client, page, options) {
        const input = { ...page, ...range, EventDataStore: arn, QueryStatus: asked }
        const answer = await client.listQueries(input, options)
        return { items: (answer.Queries ?? []).filter(isMeant), token: answer.NextToken }
      },
    },
    scan,
  )
  for await (const queries of pages) {
    yield queries.map((query) => ({
      ...values,
      query_id: query.QueryId,
      event_data_store_arn: arn,
      creation_time: query.CreationTime,
      query_status: query.QueryStatus,
      title: query.QueryId,
    }))
  }
}

async function fetchDescription(row: QueryRow, scan: QueryScan): Promise<QueryRow> {
  const { query_id: id, event_data_store_arn: arn, region } = row
  if (typeof id !== 'string' || typeof arn !== 'string' || typeof region !== 'string') return {}
  const input = { EventDataStore: arn, QueryId: id }
  const answer = await awsCallExpecting(scan, 'DescribeQuery', region, queryGone, async (abortSignal) =>
    (await scan.connection.client(cloudTrail, region)).describeQuery(input, { abortSignal }),
  )
  if (answer instanceof ExpectedError) return {}
  const { QueryStatistics: statistics } = answer
  return {
    delivery_s3_uri: answer.DeliveryS3Uri,
    delivery_status: answer.DeliveryStatus,
    error_message: answer.ErrorMessage,
    bytes_scanned: statistics?.BytesScanned,
    events_matched: statistics?.EventsMatched,
    events_scanned: statistics?.EventsScanned,
    execution_time_in_millis: statistics?.ExecutionTimeInMillis,
    query_string: answer.QueryString,
  }
}
