/** What CloudWatch Logs returns for one log group: its data protection policy, its tags. */
import { z } from 'zod'
import { AwsError } from './aws-error.js'
import { type AwsContext, json, type Serialized } from './aws-service.js'
import { findLogGroup, notFound, readLogGroupName } from './log-group-reference.js'
import type { LogStore } from './log-store.js'
import { readInput } from './read-input.js'

const policyInput = z.object({ logGroupIdentifier: z.string() })
const tagsInput = z.object({ resourceArn: z.string() })

/** Answers for a group; without a policy, the answer holds none. */
export function getDataProtectionPolicy(raw: unknown, context: AwsContext, store: LogStore): Serialized {
  const { logGroupIdentifier } = readInput(policyInput, raw)
  const group = findLogGroup(store, readLogGroupName(undefined, logGroupIdentifier, context), context)
  return json({ logGroupIdentifier, ...group.details.dataProtection })
}

export function listTagsForResource(raw: unknown, context: AwsContext, store: LogStore): Serialized {
  const { resourceArn } = readInput(tagsInput, raw)
  const start = `arn:${context.partition}:logs:${context.region}:${context.accountId}:log-group:`
  if (!/^[\w+=/:,.@-]*$/.test(resourceArn) || resourceArn.endsWith(':*')) {
    throw new AwsError('InvalidParameterException', `${resourceArn} is not the ARN of a log group.`)
  }
  if (!resourceArn.startsWith(start)) throw notFound('log group')
  const group = findLogGroup(store, resourceArn.slice(start.length), context)
  return json({ tags: group.details.tags ?? {} })
}
