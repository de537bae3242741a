/**
 * A client of CloudWatch Logs that also gives pages of events as the bytes that have come.
 *
 * A page has up to a megabyte of JSON, and the next one can be asked for as soon as its token is known: so only that is
 * looked for, and the rest is left to whoever makes rows of it, beside the thread that asks.
 */
import {
  CloudWatchLogs,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs'
import { HttpResponse } from '@smithy/core/protocols'
import { nextTokenOf } from '../answers/next-token.js'

/** An answer of FilterLogEvents that has not been read, but for its token. */
export interface EventBytes {
  readonly body: Buffer
  /** Undefined on the last page. */
  readonly nextToken: string | undefined
}

const withoutContent = Buffer.from('{}')

export class LogEventClient extends CloudWatchLogs {
  /** FilterLogEvents. @throws what the SDK throws; SyntaxError for a token that is not JSON */
  async readEventBytes(input: FilterLogEventsCommandInput, abortSignal: AbortSignal): Promise<EventBytes> {
    const command = new FilterLogEventsCommand(input)
    let body: Buffer | undefined
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args)
        const { response } = result
        // What is no answer but an error is for the SDK to read.
        if (HttpResponse.isInstance(response) && response.statusCode < 300) {
          // AnswerHandler has read it.
          body = response.body
          response.body = withoutContent
        }
        return result
      },
      { name: 'unreadAnswer', step: 'deserialize', priority: 'low' },
    )
    await this.send(command, { abortSignal })
    if (body === undefined) throw new Error('FilterLogEvents was answered without a body')
    return { body, nextToken: nextTokenOf(body) }
  }
}
