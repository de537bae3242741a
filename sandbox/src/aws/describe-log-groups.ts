/** DescribeLogGroups: a region's log groups, by name, page by page. */
import { z } from 'zod'
import { type AwsContext, json, type Serialized } from './aws-service.js'
import type { ListPages } from './list-pages.js'
import { checkLogGroupName, invalid, logGroupArn } from './log-group-reference.js'
import type { LogGroup, LogStore } from './log-store.js'
import { checkBetween, readInput } from './read-input.js'

const inputSchema = z.object({
  logGroupNamePrefix: z.string().nullish(),
  logGroupNamePattern: z.string().nullish(),
  logGroupClass: z.string().nullish(),
  limit: z.number().int().nullish(),
  nextToken: z.string().nullish(),
})

const mostGroupsPerPage = 50

export function describeLogGroups(
  raw: unknown,
  context: AwsContext,
  store: LogStore,
  pages: ListPages,
): Serialized {
  const { nextToken, ...rest } = readInput(inputSchema, raw)
  const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern, logGroupClass } = rest
  if (typeof prefix === 'string' && typeof pattern === 'string') {
    throw invalid('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.')
  }
  if (typeof prefix === 'string') checkLogGroupName(prefix, 'logGroupNamePrefix')
  if (typeof pattern === 'string') checkLogGroupName(pattern, 'logGroupNamePattern')
  const limit = rest.limit ?? mostGroupsPerPage
  checkBetween(limit, 'limit', 1, mostGroupsPerPage)
  const groups = store
    .groupsIn(context.region)
    .filter(
      (group) =>
        group.name.startsWith(prefix ?? '') &&
        group.name.includes(pattern ?? '') &&
        (typeof logGroupClass !== 'string' || (group.details.logGroupClass ?? 'STANDARD') === logGroupClass),
    )
  const fingerprint = JSON.stringify(['DescribeLogGroups', context.region, rest])
  const { items, token } = pages.cut(groups, { limit, token: nextToken, fingerprint })
  const describe = typeof pattern === 'string' ? briefly : fully
  return json({ logGroups: items.map((group) => describe(group, context)), nextToken: token })
}

/** What is shown of a group where a pattern is given. */
function briefly(group: LogGroup, context: AwsContext): object {
  return {
    logGroupName: group.name,
    creationTime: group.details.creationTime ?? 0,
    arn: `${logGroupArn(group, context)}:*`,
  }
}

function fully(group: LogGroup, context: AwsContext): object {
  const { details } = group
  return {
    ...briefly(group, context),
    metricFilterCount: details.metricFilters?.length ?? 0,
    storedBytes: details.storedBytes ?? 0,
    logGroupClass: details.logGroupClass ?? 'STANDARD',
    logGroupArn: logGroupArn(group, context),
    retentionInDays: details.retentionInDays,
    kmsKeyId: details.kmsKeyId,
    dataProtectionStatus: details.dataProtectionStatus,
    inheritedProperties: details.inheritedProperties,
  }
}
