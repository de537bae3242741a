/**
 * What is left of an account's daily quotas, as the API's answers tell it. Each endpoint has a quota of its own
 * (documentation of AbuseIPDB, "API Daily Rate Limits"), and each answer has it in its headers.
 */
import type { AnswerHeaders } from '@millrace/plugin-sdk'

/** The state of an endpoint's quota. */
export interface Quota {
  /** Calls a day. */
  readonly limit: number
  readonly remaining: number
  /** When it is whole again, in milliseconds since 1970; undefined where the API does not say. */
  readonly resetAt: number | undefined
}

/** @returns undefined where the headers say nothing of it */
export function quotaOf(headers: AnswerHeaders): Quota | undefined {
  const limit = numberOf(headers['x-ratelimit-limit'])
  const remaining = numberOf(headers['x-ratelimit-remaining'])
  if (limit === undefined || remaining === undefined) return undefined
  const reset = numberOf(headers['x-ratelimit-reset'])
  return { limit, remaining, resetAt: reset === undefined ? undefined : reset * 1000 }
}

/** Such as `12 of 1000 a day are left, until 2026-01-02T00:00:00Z`. */
export function quotaText({ limit, remaining, resetAt }: Quota): string {
  const until = resetAt === undefined ? '' : `, until ${timeText(resetAt)}`
  return `${remaining} of ${limit} a day are left${until}`
}

/** @param time milliseconds since 1970 */
export function timeText(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Times beyond what a Date can hold are as good as none. */
const largest = 8.64e12

function numberOf(header: string | string[] | undefined): number | undefined {
  const [text] = [header].flat()
  if (text === undefined || !/^\d+$/.test(text)) return undefined
  const number = Number(text)
  return number <= largest ? number : undefined
}
