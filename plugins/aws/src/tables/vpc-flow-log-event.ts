/**
 * aws_vpc_flow_log_event: flow log records that a VPC delivers to a CloudWatch log group, by FilterLogEvents.
 */
import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs'
import { bigint, inet, type Row, text, timestamptz } from '@millrace/plugin-sdk'
import { dateOrNull } from '../columns/epoch-time.js'
import { identityColumns } from '../columns/identity-columns.js'
import { defineTable } from '../connection/define-table.js'
import { logEventKeys, logEventRows, type RegionValues, timeOrder } from '../log-events/group-events.js'
import { callsOf } from '../services/aws-service.js'
import { cloudWatchLogs } from '../services/cloudwatch-logs.js'
import { readRecord } from './vpc-flow-log-event/record.js'
import { patternOf, recordKeys } from './vpc-flow-log-event/record-pattern.js'

const columns = {
  log_group_name: text('The log group to read, by its name or its ARN. Required.'),
  log_stream_name: text('The log stream that holds the record.'),
  timestamp: timestamptz('When the capture of the record began, as its log stream has it.'),
  version: bigint("The version of the record's format: 2 for the default format."),
  interface_account_id: text('The account that owns the network interface.'),
  interface_id: text('The network interface whose traffic was recorded.'),
  src_addr: inet(
    'The address that the traffic came from; for what the interface sends, its private address.',
  ),
  dst_addr: inet(
    'The address that the traffic went to; for what the interface receives, its private address.',
  ),
  src_port: bigint('The port that the traffic came from.'),
  dst_port: bigint('The port that the traffic went to.'),
  protocol: bigint("The protocol's number at IANA: 6 for TCP, 17 for UDP, 1 for ICMP."),
  packets: bigint('How many packets were transferred.'),
  bytes: bigint('How many bytes were transferred.'),
  start: timestamptz('When the first packet came, within the time that records are gathered for.'),
  end: timestamptz('When the last packet came, within that time.'),
  action: text('Whether security groups and network ACLs let the traffic through: ACCEPT or REJECT.'),
  log_status: text('OK; NODATA where there was no traffic; SKIPDATA where some records were skipped.'),
  event_id: text('The identifier of the log event.'),
  filter: text(
    'A CloudWatch Logs filter pattern for the records; give it as filter = \'[version, account, eni = "...", ...]\'. ' +
      'Conditions on other columns are then checked only after the records have come.',
  ),
  ingestion_time: timestamptz('When CloudWatch Logs took the record in.'),
  ...identityColumns,
}

type FlowLogColumns = typeof columns

type FlowLogRow = Row<FlowLogColumns>

export const vpcFlowLogEvent = defineTable({
  name: 'aws_vpc_flow_log_event',
  description:
    'Records of VPC flow logs in a CloudWatch log group, in the default format; of one that begins with its fields, those. ' +
    'Other messages have NULL in their columns. Conditions on timestamp and on the fields narrow what is fetched.',
  columns,
  calls: callsOf(cloudWatchLogs, 'FilterLogEvents'),
  keys: { ...logEventKeys, ...recordKeys },
  orders: { timestamp: timeOrder },
  async *list(scan) {
    yield* logEventRows(scan, columns, patternOf(scan.quals), (values) => (event) => rowOf(event, values))
  },
  examples: [
    {
      title: 'Who was turned away, and from which ports',
      sql: `select src_addr, dst_port, count(*)
from aws_vpc_flow_log_event
where log_group_name = 'vpc-flow-logs' and action = 'REJECT'
group by src_addr, dst_port
order by count(*) desc`,
    },
    {
      title: 'Traffic of an address, by network interface',
      sql: `select interface_id, dst_port, action, sum(bytes)
from aws_vpc_flow_log_event
where log_group_name = 'vpc-flow-logs' and src_addr = '89.248.165.99'
group by interface_id, dst_port, action`,
    },
    {
      title: 'Which instances sent most to the outside',
      sql: `select i.instance_id, i.title, sum(f.bytes)
from aws_vpc_flow_log_event f
join aws_ec2_instance i on i.private_ip_address = f.src_addr
where f.log_group_name = 'vpc-flow-logs' and f.action = 'ACCEPT'
group by i.instance_id, i.title
order by sum(f.bytes) desc`,
    },
    {
      title: 'The addresses of requests in the trail that the network has seen, too',
      sql: `select distinct e.source_ip_address, e.event_name, f.interface_id, f.dst_port, f.action
from aws_cloudtrail_trail_event e
join aws_vpc_flow_log_event f on f.src_addr = e.source_ip_address::inet
where e.log_group_name = 'cloudtrail-cwg-devto' and e.source_ip_address ~ '^\\d+\\.\\d+'
  and f.log_group_name = 'vpc-flow-logs'`,
    },
  ],
})

/** @param values what is the same in all rows of a region */
function rowOf(event: FilteredLogEvent, values: RegionValues): FlowLogRow {
  return {
    ...values,
    log_stream_name: event.logStreamName,
    timestamp: dateOrNull(event.timestamp),
    ...readRecord(event.message ?? ''),
    event_id: event.eventId,
    ingestion_time: dateOrNull(event.ingestionTime),
  }
}
