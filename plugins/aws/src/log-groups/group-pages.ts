/**
 * Pages of DescribeLogGroups in one region.
 */
import type { LogGroup } from '@aws-sdk/client-cloudwatch-logs'
import { awsCall, type CallScan } from '../calls/aws-call.js'
import { pageSize, tokenPages } from '../calls/token-pages.js'
import type { AwsConnection } from '../connection/connection.js'
import { cloudWatchLogs } from '../services/cloudwatch-logs.js'
import { isGroupName } from './log-group-identifier.js'

export interface GroupPageScan extends CallScan {
  readonly connection: AwsConnection
}

export interface WantedGroups {
  /** The name of the one group that is wanted. */
  readonly name?: string | undefined
  /** What names begin with. */
  readonly prefix?: string | undefined
  /** The number of groups that are needed. */
  readonly limit?: number | undefined
}

const mostGroupsPerPage = 50

/**
 * Lists groups. A name is asked for as a prefix, and other names with that prefix are left out. The newer
 * logGroupIdentifiers takes names, but it is not documented what it does with one that does not exist.
 */
export async function* groupPages(
  { name, prefix, limit }: WantedGroups,
  region: string,
  scan: GroupPageScan,
): AsyncGenerator<readonly LogGroup[]> {
  if (name !== undefined && !isGroupName(name)) return
  const asked = name ?? prefix ?? ''
  const logGroupNamePrefix = isGroupName(asked) ? asked : undefined
  yield* tokenPages('DescribeLogGroups', name === undefined ? limit : 1, async (nextToken) => {
    const input = {
      logGroupNamePrefix,
      nextToken,
      limit: name === undefined ? pageSize(limit, mostGroupsPerPage) : mostGroupsPerPage,
    }
    const answer = await awsCall(scan, 'DescribeLogGroups', region, async (abortSignal) =>
      (await scan.connection.client(cloudWatchLogs, region)).describeLogGroups(input, { abortSignal }),
    )
    const groups = answer.logGroups ?? []
    const items = name === undefined ? groups : groups.filter((group) => group.logGroupName === name)
    return { items, token: answer.nextToken }
  })
}
