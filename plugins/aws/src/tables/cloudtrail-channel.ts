/**
 * aws_cloudtrail_channel: channels that bring events into CloudTrail Lake, by ListChannels in each region.
 */
import { GetChannelCommand, type GetChannelResponse, ListChannelsCommand } from '@aws-sdk/client-cloudtrail'
import type { Row } from '@millrace/plugin-sdk/column'
import { merge } from '@millrace/plugin-sdk/merge'
import { equalValue } from '@millrace/plugin-sdk/qual'
import type { Scan } from '@millrace/plugin-sdk/table'
import { awsCallExpecting, ExpectedError } from '../aws-call.js'
import type { AwsConnection } from '../connection.js'
import { defineTable } from '../define-table.js'
import { type IdentityValues, identityOfScan } from '../identity-columns.js'
import { jsonOrNull } from '../json-value.js'
import { regionOfLakeArn } from '../lake/lake-arn.js'
import { lakeList } from '../lake/lake-list.js'
import { regionsOfScan } from '../regions.js'
import { type ChannelColumns, columns } from './cloudtrail-channel/columns.js'

type ChannelScan = Scan<AwsConnection, ChannelColumns>
type ChannelRow = Row<ChannelColumns>

const gone = ['ChannelNotFoundException', 'UnsupportedOperationException']

export const cloudtrailChannel = defineTable({
  name: 'aws_cloudtrail_channel',
  description:
    'Channels of CloudTrail: those that bring events from elsewhere into CloudTrail Lake, and those of AWS ' +
    'services. A condition on arn asks for that one alone.',
  columns,
  keys: {
    arn: { operators: ['='], valuesPerCall: 1, inherent: true },
    region: { operators: ['='], inherent: true },
    account_id: { operators: ['='], inherent: true },
  },
  async *list(scan) {
    const identity = await identityOfScan(scan, scan.quals.account_id)
    if (identity === undefined) return
    const regions = await regionsOfScan(scan, scan.quals.region)
    const arn = equalValue(scan.quals.arn)
    if (arn === undefined) {
      yield* merge(regions.map((region) => channelsOf(region, identity, scan)))
      return
    }
    const region = regionOfLakeArn('channel', arn)
    if (region === undefined || !regions.includes(region)) return
    const row = await getChannel(arn, region, scan)
    if (row.arn === arn) yield [{ ...row, region, ...identity }]
  },
  hydrate: {
    channel: {
      columns: [
        'apply_to_all_regions',
        'source',
        'advanced_event_selectors',
        'ingestion_status',
        'destinations',
        'source_config',
      ],
      fetch: fetchChannel,
    },
  },
  examples: [
    {
      title: 'Channels, and where they deliver',
      sql: `select name, source, destination ->> 'Type' as type, destination ->> 'Location' as location
from aws_cloudtrail_channel, jsonb_array_elements(destinations) as destination`,
    },
    {
      title: 'Channels whose last event could not be taken in',
      sql: `select name, ingestion_status ->> 'LatestIngestionErrorCode' as error
from aws_cloudtrail_channel
where ingestion_status ->> 'LatestIngestionErrorCode' is not null`,
    },
  ],
})

async function* channelsOf(
  region: string,
  identity: IdentityValues,
  scan: ChannelScan,
): AsyncGenerator<readonly ChannelRow[]> {
  const pages = lakeList(
    {
      name: 'ListChannels',
      region,
      limit: scan.limit,
      async send(client, page, options) {
        const answer = await client.send(new ListChannelsCommand(page), options)
        return { items: answer.Channels ?? [], token: answer.NextToken }
      },
    },
    scan,
  )
  for await (const channels of pages) {
    yield channels.map(({ ChannelArn, Name }) => ({ ...namesOf(ChannelArn, Name), region, ...identity }))
  }
}

async function fetchChannel(row: ChannelRow, scan: ChannelScan): Promise<ChannelRow> {
  const { arn, region, source } = row
  // A row that was asked for by its ARN has everything.
  if (source !== undefined || typeof arn !== 'string' || typeof region !== 'string') return {}
  return getChannel(arn, region, scan)
}

/** @returns an empty row when there is none, or no longer */
async function getChannel(arn: string, region: string, scan: ChannelScan): Promise<ChannelRow> {
  const command = new GetChannelCommand({ Channel: arn })
  const answer = await awsCallExpecting(scan, 'GetChannel', region, gone, (abortSignal) =>
    scan.connection.cloudTrail(region).send(command, { abortSignal }),
  )
  return answer instanceof ExpectedError ? {} : rowOf(answer)
}

function rowOf(channel: GetChannelResponse): ChannelRow {
  const { SourceConfig } = channel
  return {
    ...namesOf(channel.ChannelArn, channel.Name),
    apply_to_all_regions: SourceConfig?.ApplyToAllRegions,
    source: channel.Source,
    advanced_event_selectors: jsonOrNull(SourceConfig?.AdvancedEventSelectors),
    ingestion_status: jsonOrNull(channel.IngestionStatus),
    destinations: jsonOrNull(channel.Destinations),
    source_config: jsonOrNull(SourceConfig),
  }
}

function namesOf(arn: string | undefined, name: string | undefined): ChannelRow {
  return { name, arn, akas: jsonOrNull(arn === undefined ? undefined : [arn]), title: name }
}
