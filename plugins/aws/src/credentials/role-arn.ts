/** The account of a role, by its ARN: `arn:aws:iam::123456789012:role/reader`; undefined for other texts. */
export function accountOfRole(arn: string): string | undefined {
  return /^arn:[^:]+:iam::(\d{12}):role\//.exec(arn)?.[1]
}
