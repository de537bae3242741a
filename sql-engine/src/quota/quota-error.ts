/** Errors of statements that need more than their quotas allow. */
import { DatabaseError } from '../database-error.js'

export interface QuotaSetting {
  readonly name: string
  readonly limit: number
  readonly unit: string
  /** Whether the session cannot set it any higher. */
  readonly isCeiling: boolean
}

/**
 * 53400 configuration_limit_exceeded, as PostgreSQL has it for temp_file_limit: a setting forbids what the statement
 * needs, and another value of it would allow it. (54000 is for limits that cannot be set.)
 */
export class QuotaError extends DatabaseError {
  /** @param owner the statement whose quota it is; another one that waits for the same rows has its own */
  constructor(
    readonly owner: object,
    message: string,
    setting: QuotaSetting,
    detail: string,
  ) {
    super(message, {
      sqlState: '53400',
      detail: `${detail} ${setting.name} allows ${setting.limit}${setting.unit}.`,
      hint: setting.isCeiling
        ? "Narrow the statement's conditions. The configuration allows this user no more."
        : `Narrow the statement's conditions, or SET ${setting.name} to more; -1 lifts the quota.`,
    })
  }
}
