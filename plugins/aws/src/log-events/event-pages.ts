/**
 * Pages of FilterLogEvents in one region.
 */
import {
  type FilteredLogEvent,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  type FilterLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs'
import { merge } from '@millrace/plugin-sdk/merge'
import { awsCallExpecting, type CallScan, ExpectedError } from '../aws-call.js'
import type { AwsConnection } from '../connection.js'

export interface PageScan extends CallScan {
  readonly connection: AwsConnection
  readonly limit: number | undefined
}

const mostEventsPerPage = 10_000
const notFound = ['ResourceNotFoundException']

/**
 * All pages that hold events. The API may give empty ones in between; only a page without a token is the last.
 * @param input what is asked, the same on every page
 * @param onAnswer told whether the region has the log group; what the API said where it does not
 */
export async function* eventPages(
  input: FilterLogEventsCommandInput,
  region: string,
  scan: PageScan,
  onAnswer: (missing: ExpectedError | undefined) => void,
): AsyncGenerator<readonly FilteredLogEvent[]> {
  let missing: number | undefined = scan.limit
  let page = ask(input, undefined, region, scan)
  for (;;) {
    const answer = await page
    if (answer instanceof ExpectedError) {
      yield* withoutMissingStreams(answer, input, region, scan, onAnswer)
      return
    }
    onAnswer(undefined)
    const { events = [], nextToken } = answer
    if (missing !== undefined) missing -= events.length
    const isLast = nextToken === undefined || (missing !== undefined && missing <= 0)
    if (!isLast) {
      // The next page is on its way while this one is used.
      page = ask(input, nextToken, region, scan)
      page.catch(() => {})
    }
    if (events.length > 0) yield events
    if (isLast) return
  }
}

function ask(
  input: FilterLogEventsCommandInput,
  nextToken: string | undefined,
  region: string,
  scan: PageScan,
): Promise<FilterLogEventsCommandOutput | ExpectedError> {
  const limit = Math.min(scan.limit ?? mostEventsPerPage, mostEventsPerPage)
  const command = new FilterLogEventsCommand({ ...input, nextToken, limit: Math.max(limit, 1) })
  return awsCallExpecting(scan, 'FilterLogEvents', region, notFound, (abortSignal) =>
    scan.connection.cloudWatchLogs(region).send(command, { abortSignal }),
  )
}

/**
 * One name that the group has no stream for fails the call for all of them. So the names are halved until
 * those that exist have answered.
 */
async function* withoutMissingStreams(
  error: ExpectedError,
  input: FilterLogEventsCommandInput,
  region: string,
  scan: PageScan,
  onAnswer: (missing: ExpectedError | undefined) => void,
): AsyncGenerator<readonly FilteredLogEvent[]> {
  const names = input.logStreamNames ?? []
  if (!/log stream/i.test(error.message)) return onAnswer(error)
  onAnswer(undefined)
  if (names.length < 2) return
  const half = Math.ceil(names.length / 2)
  const halves = [names.slice(0, half), names.slice(half)]
  yield* merge(
    halves.map((logStreamNames) => eventPages({ ...input, logStreamNames }, region, scan, onAnswer)),
  )
}
