/** ARNs of CloudTrail Lake's resources, which name the region to ask. */
const lakeArn = /^arn:aws[a-z-]*:cloudtrail:([a-z0-9-]+):\d{12}:(eventdatastore|channel)\/[A-Za-z0-9-]+$/

export type LakeResourceKind = 'eventdatastore' | 'channel'

/** @returns undefined for a text that is not an ARN of the kind: nothing exists under it */
export function regionOfLakeArn(kind: LakeResourceKind, arn: string): string | undefined {
  const parts = lakeArn.exec(arn)
  return parts?.[2] === kind ? parts[1] : undefined
}
