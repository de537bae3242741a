/**
 * The ARN of a resource, which the answers do not hold: composed as the page on EC2's resources and ARNs says.
 * @returns undefined where account and partition are not known, since nobody asked for them
 */
export function ec2Arn(
  kind: string,
  id: string | undefined,
  region: string,
  { partition, account_id }: { readonly partition: string | null; readonly account_id: string | null },
): string | undefined {
  return id === undefined || partition === null
    ? undefined
    : `arn:${partition}:ec2:${region}:${account_id}:${kind}/${id}`
}
