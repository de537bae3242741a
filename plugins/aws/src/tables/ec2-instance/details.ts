/** Details that cost a further call for each instance. */
import type { DescribeInstanceAttributeCommandOutput, InstanceAttributeName } from '@aws-sdk/client-ec2'
import type { Hydrate, Row, Scan } from '@millrace/plugin-sdk'
import { jsonOrNull } from '../../columns/json-value.js'
import type { AwsConnection } from '../../connection/connection.js'
import { describeOne } from '../../ec2/describe-calls.js'
import type { InstanceColumns } from './columns.js'

type InstanceScan = Scan<AwsConnection, InstanceColumns>
type InstanceRow = Row<InstanceColumns>
type InstanceDetail = Hydrate<AwsConnection, InstanceColumns>

/** Errors for an instance that is terminated, or was, since it was listed. */
const gone = ['InvalidInstanceID.NotFound', 'IncorrectInstanceState']

export const instanceDetails = {
  terminationProtection: {
    columns: ['disable_api_termination'],
    fetch: (row, scan) =>
      attributeOf('disableApiTermination', row, scan, ({ DisableApiTermination }) => ({
        disable_api_termination: DisableApiTermination?.Value,
      })),
  },
  shutdownBehavior: {
    columns: ['instance_initiated_shutdown_behavior'],
    fetch: (row, scan) =>
      attributeOf(
        'instanceInitiatedShutdownBehavior',
        row,
        scan,
        ({ InstanceInitiatedShutdownBehavior }) => ({
          instance_initiated_shutdown_behavior: InstanceInitiatedShutdownBehavior?.Value,
        }),
      ),
  },
  userData: {
    columns: ['user_data'],
    fetch: (row, scan) =>
      attributeOf('userData', row, scan, ({ UserData }) => ({ user_data: textOfBase64(UserData?.Value) })),
  },
  launchTemplate: {
    columns: ['launch_template_data'],
    async fetch({ instance_id: InstanceId, region }, scan) {
      if (typeof InstanceId !== 'string' || typeof region !== 'string') return {}
      const answer = await describeOne(scan, 'GetLaunchTemplateData', region, gone, (client, options) =>
        client.getLaunchTemplateData({ InstanceId }, options),
      )
      return { launch_template_data: jsonOrNull(answer?.LaunchTemplateData) }
    },
  },
  status: {
    columns: ['instance_status'],
    async fetch({ instance_id: id, region }, scan) {
      if (typeof id !== 'string' || typeof region !== 'string') return {}
      const answer = await describeOne(scan, 'DescribeInstanceStatus', region, gone, (client, options) =>
        client.describeInstanceStatus({ InstanceIds: [id], IncludeAllInstances: true }, options),
      )
      return { instance_status: jsonOrNull(answer?.InstanceStatuses?.[0]) }
    },
  },
} as const satisfies Record<string, InstanceDetail>

/** One attribute is asked for at a time (DescribeInstanceAttribute). */
async function attributeOf(
  Attribute: InstanceAttributeName,
  { instance_id: InstanceId, region }: InstanceRow,
  scan: InstanceScan,
  columnsOf: (answer: DescribeInstanceAttributeCommandOutput) => InstanceRow,
): Promise<InstanceRow> {
  if (typeof InstanceId !== 'string' || typeof region !== 'string') return {}
  const answer = await describeOne(scan, 'DescribeInstanceAttribute', region, gone, (client, options) =>
    client.describeInstanceAttribute({ InstanceId, Attribute }, options),
  )
  return answer === undefined ? {} : columnsOf(answer)
}

/** The text that is encoded; what is no text, such as something compressed, stays as it is. */
export function textOfBase64(encoded: string | undefined): string | undefined {
  if (encoded === undefined || encoded === '') return undefined
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'))
    return text.includes('\u0000') ? encoded : text
  } catch {
    return encoded
  }
}
