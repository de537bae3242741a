/** The parameters of FilterLogEvents, checked as the API reference states them. */
import { z } from 'zod'
import { compileFilterPattern } from '../filter-pattern/filter-pattern.js'
import { FilterPatternError } from '../filter-pattern/scanner.js'
import { AwsError, constraintError } from './aws-error.js'
import type { AwsContext } from './aws-service.js'
import { invalid, patternError, readLogGroupName } from './log-group-reference.js'

const inputSchema = z.object({
  logGroupName: z.string().nullish(),
  logGroupIdentifier: z.string().nullish(),
  logStreamNames: z.array(z.string()).nullish(),
  logStreamNamePrefix: z.string().nullish(),
  startTime: z.number().int().nullish(),
  endTime: z.number().int().nullish(),
  filterPattern: z.string().nullish(),
  nextToken: z.string().nullish(),
  limit: z.number().int().nullish(),
  startFromHead: z.boolean().nullish(),
  interleaved: z.boolean().nullish(),
  unmask: z.boolean().nullish(),
})

export interface FilterLogEventsInput {
  readonly logGroupName: string
  readonly logStreamNames: readonly string[] | null
  readonly logStreamNamePrefix: string | null
  readonly startTime: number
  readonly endTime: number
  readonly matches: (message: string) => boolean
  readonly nextToken: string | null
  readonly limit: number
  readonly startFromHead: boolean
  /** Everything that must be the same on every page. */
  readonly fingerprint: string
}

/** The earliest start for newest first, an option that the service added late. */
const earliestBackwardStart = Date.UTC(2024, 0, 1)

const mostEventsPerPage = 10_000
const streamName = /^[^:*]{1,512}$/

/** @throws AwsError where the service rejects it */
export function readFilterLogEventsInput(raw: unknown, context: AwsContext): FilterLogEventsInput {
  const parsed = inputSchema.safeParse(raw)
  if (!parsed.success) {
    throw new AwsError('SerializationException', z.prettifyError(parsed.error))
  }
  const { nextToken, ...rest } = parsed.data
  const logGroupName = readLogGroupName(rest.logGroupName, rest.logGroupIdentifier, context)
  const names = rest.logStreamNames ?? null
  const prefix = rest.logStreamNamePrefix ?? null
  if (names !== null && prefix !== null) {
    throw invalid('logStreamNamePrefix and logStreamNames may not be given together')
  }
  if (names !== null) {
    if (names.length < 1 || names.length > 100) {
      throw constraintError(
        `[${names.length} names]`,
        'logStreamNames',
        'Member must have length between 1 and 100',
      )
    }
    for (const name of names) checkStreamName(name, 'logStreamNames')
  }
  if (prefix !== null) checkStreamName(prefix, 'logStreamNamePrefix')
  const startTime = readTime(rest.startTime, 'startTime') ?? 0
  const endTime = readTime(rest.endTime, 'endTime') ?? Number.MAX_SAFE_INTEGER - 1
  const limit = rest.limit ?? mostEventsPerPage
  if (limit < 1) throw constraintError(limit, 'limit', 'Member must have value greater than or equal to 1')
  if (limit > mostEventsPerPage) {
    throw constraintError(limit, 'limit', `Member must have value less than or equal to ${mostEventsPerPage}`)
  }
  const startFromHead = rest.startFromHead ?? true
  if (!startFromHead && startTime < earliestBackwardStart) {
    throw invalid('startFromHead can be false only where startTime is 2024-01-01T00:00:00Z or later')
  }
  return {
    logGroupName,
    logStreamNames: names,
    logStreamNamePrefix: prefix,
    startTime,
    endTime,
    matches: readPattern(rest.filterPattern ?? ''),
    nextToken: nextToken ?? null,
    limit,
    startFromHead,
    fingerprint: JSON.stringify([context.region, rest]),
  }
}

function readPattern(pattern: string): (message: string) => boolean {
  if (pattern.length > 1024) {
    throw constraintError(pattern, 'filterPattern', 'Member must have length less than or equal to 1024')
  }
  try {
    return compileFilterPattern(pattern)
  } catch (error) {
    throw error instanceof FilterPatternError ? invalid(error.message) : error
  }
}

function readTime(time: number | null | undefined, member: string): number | null {
  if (time === null || time === undefined) return null
  if (time < 0) throw constraintError(time, member, 'Member must have value greater than or equal to 0')
  return time
}

function checkStreamName(name: string, member: string): void {
  if (!streamName.test(name)) throw patternError(name, member, '[^:*]*')
}
