/** Details that cost a further call for each log group: its data protection policy, its tags. */
import type { Row, Scan } from '@millrace/plugin-sdk'
import { awsCallExpecting, ExpectedError } from '../../calls/aws-call.js'
import { jsonOfText, jsonOrNull } from '../../columns/json-value.js'
import type { AwsConnection } from '../../connection/connection.js'
import { cloudWatchLogs } from '../../services/cloudwatch-logs.js'
import type { LogGroupColumns } from './columns.js'

type LogGroupScan = Scan<AwsConnection, LogGroupColumns>
type LogGroupRow = Row<LogGroupColumns>

/** The error of a log group that was deleted while a query ran. */
const gone = ['ResourceNotFoundException']

export async function fetchDataProtection(row: LogGroupRow, scan: LogGroupScan): Promise<LogGroupRow> {
  const { name, region } = row
  if (typeof name !== 'string' || typeof region !== 'string') return {}
  const input = { logGroupIdentifier: name }
  const answer = await awsCallExpecting(scan, 'GetDataProtectionPolicy', region, gone, async (abortSignal) =>
    (await scan.connection.client(cloudWatchLogs, region)).getDataProtectionPolicy(input, { abortSignal }),
  )
  if (answer instanceof ExpectedError) return {}
  return {
    // Members are spelt as Steampipe's column spells them, not as the API does.
    data_protection: jsonOrNull({
      LogGroupIdentifier: answer.logGroupIdentifier,
      PolicyDocument: answer.policyDocument,
      LastUpdatedTime: answer.lastUpdatedTime,
    }),
    data_protection_policy: jsonOfText(answer.policyDocument),
  }
}

export async function fetchTags(row: LogGroupRow, scan: LogGroupScan): Promise<LogGroupRow> {
  const { region } = row
  // The API takes the ARN only without `:*`; log_group_arn came later than arn.
  const resourceArn = row.log_group_arn ?? row.arn?.replace(/:\*$/, '')
  if (resourceArn === undefined || typeof region !== 'string') return {}
  const answer = await awsCallExpecting(scan, 'ListTagsForResource', region, gone, async (abortSignal) =>
    (await scan.connection.client(cloudWatchLogs, region)).listTagsForResource(
      { resourceArn },
      { abortSignal },
    ),
  )
  return answer instanceof ExpectedError ? {} : { tags: jsonOrNull(answer.tags) }
}
