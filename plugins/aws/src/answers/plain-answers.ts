/**
 * The SDK's protocol for CloudWatch Logs, with answers of FilterLogEvents taken as JSON.parse gives them.
 *
 * The SDK copies every event member by member. This answer needs none of that: by the API reference it consists only
 * of texts and numbers, which JSON has as they are. Scans spend most of their time on its pages.
 */
import { AwsJson1_1Protocol } from '@aws-sdk/core/protocols'
import { eventsAnswerOf } from './events-answer.js'

type Answering = Parameters<AwsJson1_1Protocol['deserializeResponse']>

/** The metadata that every answer of the SDK has. */
type WithMetadata = Awaited<ReturnType<AwsJson1_1Protocol['deserializeResponse']>>

export class PlainAnswers extends AwsJson1_1Protocol {
  override async deserializeResponse<Output extends WithMetadata>(
    ...[operation, context, response]: Answering
  ): Promise<Output> {
    if (operation.name !== 'FilterLogEvents' || this.isErrorResponse(response.statusCode)) {
      return super.deserializeResponse(operation, context, response)
    }
    // The name of the operation says what its output is; its type cannot.
    return {
      ...eventsAnswerOf(bodyOf(response)),
      $metadata: this.deserializeMetadata(response),
    } as WithMetadata as Output
  }
}

/** The body, which AnswerHandler has read. */
function bodyOf({ body }: Answering[2]): Buffer {
  return body
}
