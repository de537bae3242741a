/** How the JSON services read their requests. */
import { z } from 'zod'
import { AwsError, constraintError } from './aws-error.js'

/** @throws AwsError where a member has another type than the model says */
export function readInput<T>(schema: z.ZodType<T>, raw: unknown): T {
  const parsed = schema.safeParse(raw)
  if (!parsed.success) throw new AwsError('SerializationException', z.prettifyError(parsed.error))
  return parsed.data
}

/** @throws AwsError where a number is not between the model's bounds */
export function checkBetween(
  value: number,
  member: string,
  least: number,
  most: number,
  code?: string,
): void {
  if (value < least) {
    throw constraintError(value, member, `Member must have value greater than or equal to ${least}`, code)
  }
  if (value > most) {
    throw constraintError(value, member, `Member must have value less than or equal to ${most}`, code)
  }
}
