/**
 * aws_region: the regions of AWS, as the account sees them, by one DescribeRegions.
 */
import { boolean, jsonb, text } from '@millrace/plugin-sdk'
import { awsCall } from '../calls/aws-call.js'
import { accountKey, identityColumns, identityOfScan } from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import { defineTable } from '../connection/define-table.js'
import { callsOf } from '../services/aws-service.js'
import { ec2 } from '../services/ec2.js'

export const region = defineTable({
  name: 'aws_region',
  description: 'Regions of AWS, those that the account has not enabled too.',
  columns: {
    name: text('The name of the region.'),
    opt_in_status: text(
      'Whether the account uses the region: opt-in-not-required, opted-in or not-opted-in.',
    ),
    title: text('A title for the region: its name.'),
    akas: jsonb('Globally unique names of the region for the account, as a list.'),
    region: text('The name of the region.'),
    steampipe_available: boolean("Whether this connection's tables ask the region."),
    steampipe_default: boolean("Whether the region is this connection's default."),
    partition: identityColumns.partition,
    account_id: identityColumns.account_id,
  },
  calls: callsOf(ec2, 'DescribeRegions'),
  keys: {
    account_id: accountKey,
  },
  async *list(scan) {
    const identity = await identityOfScan(scan, scan.quals.account_id, ['akas'])
    if (identity === undefined) return
    const { connection, columns } = scan
    const defaultRegion = await connection.defaultRegion()
    const asked = columns.has('steampipe_available') ? await connection.regions(scan) : undefined
    const { Regions = [] } = await awsCall(scan, 'DescribeRegions', defaultRegion, async (abortSignal) =>
      (await connection.client(ec2, defaultRegion)).describeRegions({ AllRegions: true }, { abortSignal }),
    )
    const { partition, account_id } = identity
    yield Regions.map(({ RegionName: name, OptInStatus }) => ({
      name,
      opt_in_status: OptInStatus,
      title: name,
      akas: columns.has('akas') ? jsonOrNull([`arn:${partition}::${name}:${account_id}`]) : null,
      region: name,
      steampipe_available: name === undefined ? null : asked?.includes(name),
      steampipe_default: name === defaultRegion,
      ...identity,
    }))
  },
  examples: [
    {
      title: 'Regions that the account could enable',
      sql: "select name from aws_region where opt_in_status = 'not-opted-in' order by name",
    },
    {
      title: "Regions that this connection's tables ask, its default first",
      sql: `select name, steampipe_default
from aws_region
where steampipe_available
order by steampipe_default desc, name`,
    },
    {
      title: 'Enabled regions in which no trail records',
      sql: `select r.name
from aws_region r
left join aws_cloudtrail_trail t on t.region = r.name
where r.opt_in_status <> 'not-opted-in' and t.arn is null
order by r.name`,
    },
  ],
})
