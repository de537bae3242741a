/**
 * A log group, by its name or by its ARN.
 */
import { mayFulfil, type Qual } from '@millrace/plugin-sdk'
import type { CallScan } from '../calls/aws-call.js'
import type { AwsConnection } from '../connection/connection.js'
import { regionsOfScan } from '../regions/regions.js'

export interface LogGroup {
  /** The group as FilterLogEvents takes it: a name, or an ARN for groups that may belong to another account. */
  readonly parameter: { readonly logGroupName: string } | { readonly logGroupIdentifier: string }
  /** The region that an ARN names. */
  readonly region: string | undefined
}

/** ARNs of trails' log groups end in `:*`, which FilterLogEvents does not take. */
const logGroupArn = /^(arn:aws[a-z-]*:logs:([a-z0-9-]+):\d{12}:)(?:log-group:)?([^:*]+)(?::\*)?$/

export function logGroupOf(nameOrArn: string): LogGroup {
  const parts = logGroupArn.exec(nameOrArn)
  if (parts === null) return { parameter: { logGroupName: nameOrArn }, region: undefined }
  return { parameter: { logGroupIdentifier: `${parts[1]}log-group:${parts[3]}` }, region: parts[2] }
}

/**
 * The regions in which a group may be, less those that a condition excludes. An ARN says where its group is, whether
 * that region is among the connection's or not.
 */
export async function regionsOfGroup(
  { region }: LogGroup,
  scan: CallScan & { readonly connection: AwsConnection },
  quals: readonly Qual<string>[] | undefined,
): Promise<readonly string[]> {
  if (region === undefined) return regionsOfScan(scan, quals)
  return mayFulfil(quals, region) ? [region] : []
}

/**
 * Whether a log group can have a name: others cannot exist, and DescribeLogGroups would reject them
 * (logGroupNamePrefix).
 */
export function isGroupName(name: string): boolean {
  return /^[.\-_/#A-Za-z0-9]{1,512}$/.test(name)
}

/**
 * Whether a log stream can have a name: others cannot exist, and FilterLogEvents would reject them (logStreamNames).
 */
export function isStreamName(name: string): boolean {
  return /^[^:*]{1,512}$/.test(name)
}
