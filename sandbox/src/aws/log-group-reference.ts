/** How requests to CloudWatch Logs name a log group. */
import { AwsError, constraintError } from './aws-error.js'
import type { AwsContext } from './aws-service.js'
import type { LogGroup, LogStore } from './log-store.js'

/**
 * The name that a request means, by name or by identifier (a name or an ARN).
 * @throws AwsError where the service rejects it; for an ARN of elsewhere, as for a group that does not exist
 */
export function readLogGroupName(
  name: string | null | undefined,
  identifier: string | null | undefined,
  context: AwsContext,
): string {
  if (typeof name === 'string' && typeof identifier === 'string') {
    throw invalid('logGroupName and logGroupIdentifier may not be given together')
  }
  if (typeof name === 'string') {
    checkLogGroupName(name, 'logGroupName')
    return name
  }
  if (typeof identifier !== 'string') {
    throw invalid('One of logGroupName and logGroupIdentifier must be given')
  }
  if (!/^[\w#+=/:,.@-]{1,2048}$/.test(identifier)) {
    throw patternError(identifier, 'logGroupIdentifier', '[\\w#+=/:,.@-]*')
  }
  if (!identifier.startsWith('arn:')) return identifier
  const start = `arn:${context.partition}:logs:${context.region}:${context.accountId}:log-group:`
  if (!identifier.startsWith(start)) throw notFound('log group')
  return identifier.slice(start.length)
}

export function checkLogGroupName(name: string, member: string): void {
  if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name)) throw patternError(name, member, '[\\.\\-_/#A-Za-z0-9]+')
}

/** @throws AwsError where there is none of the name in the region that is asked */
export function findLogGroup(store: LogStore, name: string, context: AwsContext): LogGroup {
  const group = store.group(context.region, name)
  if (group === undefined) throw notFound('log group')
  return group
}

export function logGroupArn(group: LogGroup, { partition, accountId }: AwsContext): string {
  return `arn:${partition}:logs:${group.region}:${accountId}:log-group:${group.name}`
}

export function patternError(value: string, member: string, pattern: string): AwsError {
  return constraintError(value, member, `Member must satisfy regular expression pattern: ${pattern}`)
}

export function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message)
}

export function notFound(what: string): AwsError {
  return new AwsError('ResourceNotFoundException', `The specified ${what} does not exist.`)
}
