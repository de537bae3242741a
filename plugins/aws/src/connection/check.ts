/** Whether a connection works: whose credentials it has, and which regions its tables ask. */
import type { CheckResult, CheckScan } from '@millrace/plugin-sdk'
import type { AwsConnection } from './connection.js'

/** GetCallerIdentity, which needs no permission; and DescribeRegions, where the settings have patterns of regions. */
export async function checkConnection(connection: AwsConnection, scan: CheckScan): Promise<CheckResult> {
  const { accountId, partition } = await connection.callerIdentity(scan)
  const [regions, defaultRegion] = await Promise.all([connection.regions(scan), connection.defaultRegion()])
  return {
    facts: {
      account: partition === 'aws' ? accountId : `${accountId} (${partition})`,
      regions: regions.join(', '),
      'default region': defaultRegion,
    },
  }
}
