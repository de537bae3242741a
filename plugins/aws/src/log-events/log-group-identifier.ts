/**
 * A log group, by its name or by its ARN.
 */

export interface LogGroup {
  /** As FilterLogEvents takes it: a name, or an ARN for groups that may belong to another account. */
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

/** FilterLogEvents, logStreamNames: other names cannot exist, and would make it refuse the call. */
export function isStreamName(name: string): boolean {
  return /^[^:*]{1,512}$/.test(name)
}
