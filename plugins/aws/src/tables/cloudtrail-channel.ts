/**
 * aws_cloudtrail_channel: channels that bring events into CloudTrail Lake, by ListChannels in each region.
 */
import type { GetChannelResponse } from '@aws-sdk/client-cloudtrail'
import { boolean, jsonb, text } from '@millrace/plugin-sdk'
import { identityColumns } from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import { defineTable } from '../connection/define-table.js'
import {
  getLakeResource,
  type LakeResource,
  lakeResourceDetails,
  lakeResourceKeys,
  listLakeResources,
} from '../lake/lake-resources.js'
import { callsOf } from '../services/aws-service.js'
import { cloudTrail } from '../services/cloudtrail.js'

const columns = {
  name: text('The name of the channel.'),
  arn: text('The ARN of the channel.'),
  apply_to_all_regions: boolean('Whether the channel takes events of all regions.'),
  source: text("Where the channel's events come from: Custom, the name of a partner, or an AWS service."),
  advanced_event_selectors: jsonb('Which events the channel takes, by fields.'),
  ingestion_status: jsonb('When events were last taken in, and what went wrong last.'),
  destinations: jsonb('Where the channel delivers events: a list of objects with Type and Location.'),
  source_config: jsonb('All settings of the source.'),
  akas: jsonb('Globally unique names of the channel: a list of its ARN.'),
  title: text('A title for the channel: its name.'),
  ...identityColumns,
}

const channels: LakeResource<ReturnType<typeof detailsOf>> = {
  kind: 'channel',
  listCall: 'ListChannels',
  async list(client, page, options) {
    const { Channels = [], NextToken } = await client.listChannels(page, options)
    return {
      items: Channels.map(({ ChannelArn, Name }) => ({ arn: ChannelArn, name: Name })),
      token: NextToken,
    }
  },
  getCall: 'GetChannel',
  async get(client, arn, options) {
    const channel = await client.getChannel({ Channel: arn }, options)
    return { arn: channel.ChannelArn, name: channel.Name, details: detailsOf(channel) }
  },
  gone: ['ChannelNotFoundException', 'UnsupportedOperationException'],
}

export const cloudtrailChannel = defineTable({
  name: 'aws_cloudtrail_channel',
  description:
    'Channels of CloudTrail: those that bring events from elsewhere into CloudTrail Lake, and those of AWS ' +
    'services. A condition on arn asks for that one alone.',
  columns,
  calls: callsOf(cloudTrail, channels.listCall, channels.getCall),
  keys: lakeResourceKeys,
  list: (scan) => listLakeResources(channels, scan),
  get: { arn: { list: (arn, scan) => getLakeResource(channels, arn, scan) } },
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
      fetch: (row, scan) => lakeResourceDetails(channels, row, scan),
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

function detailsOf({ Source, SourceConfig, IngestionStatus, Destinations }: GetChannelResponse) {
  return {
    apply_to_all_regions: SourceConfig?.ApplyToAllRegions,
    source: Source,
    advanced_event_selectors: jsonOrNull(SourceConfig?.AdvancedEventSelectors),
    ingestion_status: jsonOrNull(IngestionStatus),
    destinations: jsonOrNull(Destinations),
    source_config: jsonOrNull(SourceConfig),
  }
}
