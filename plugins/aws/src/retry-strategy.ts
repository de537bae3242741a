/**
 * When a call is made again, and after how long. Backoff is exponential with full jitter, as the AWS page
 * "Retry behavior" describes for the standard mode; unlike it, an address that nobody answers at is given up
 * soon, since a wrong endpoint does not become right by waiting.
 */
import type { CloudTrailClientConfig } from '@aws-sdk/client-cloudtrail'

type AnyRetryStrategy = Exclude<
  NonNullable<CloudTrailClientConfig['retryStrategy']>,
  (...args: never) => unknown
>
type RetryStrategy = Extract<AnyRetryStrategy, { refreshRetryTokenForRetry: unknown }>
type RetryToken = Parameters<RetryStrategy['refreshRetryTokenForRetry']>[0]
type RetryErrorInfo = Parameters<RetryStrategy['refreshRetryTokenForRetry']>[1]

const mostAttemptsUnanswered = 3
const longestDelay = 20_000
const firstDelay = 100
/** A throttled caller does well to wait longer from the start. */
const firstDelayThrottled = 500

const unanswered = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

export class AwsRetryStrategy implements RetryStrategy {
  constructor(readonly attempts: number) {}

  async acquireInitialRetryToken(): Promise<RetryToken> {
    return tokenOf(0, 0)
  }

  /** @throws when the call is not to be made again; the SDK then throws the call's own error */
  async refreshRetryTokenForRetry(token: RetryToken, info: RetryErrorInfo): Promise<RetryToken> {
    const made = token.getRetryCount() + 1
    const { code } = Object(info.error)
    const most = unanswered.has(code) ? Math.min(this.attempts, mostAttemptsUnanswered) : this.attempts
    if (info.errorType === 'CLIENT_ERROR' || made >= most) throw new Error('no further attempt')
    const first = info.errorType === 'THROTTLING' ? firstDelayThrottled : firstDelay
    const backoff = Math.random() * Math.min(longestDelay, first * 2 ** token.getRetryCount())
    const told = info.retryAfterHint === undefined ? 0 : info.retryAfterHint.getTime() - Date.now()
    return tokenOf(made, Math.min(longestDelay, Math.max(backoff, told)))
  }

  recordSuccess(): void {}
}

function tokenOf(count: number, delay: number): RetryToken {
  return { getRetryCount: () => count, getRetryDelay: () => delay }
}
