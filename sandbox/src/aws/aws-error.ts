/** An error that an AWS service answers with. */
export class AwsError extends Error {
  override readonly name = 'AwsError'

  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message)
  }
}

/** The error for a bound of the service's model that is exceeded. */
export function constraintError(
  value: string | number,
  member: string,
  constraint: string,
  code = 'InvalidParameterException',
): AwsError {
  return new AwsError(
    code,
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`,
  )
}
