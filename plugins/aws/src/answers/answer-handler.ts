/** The SDK's HTTP handler, with bodies bounded, and looked at before the SDK reads them. */
import { readAnswerBody, traceRequest } from '@millrace/plugin-sdk'
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler'
import { ForeignAnswerError, foreignnessOf, type Protocol } from './foreign-answer.js'

type Handle = NodeHttpHandler['handle']
type Request = Parameters<Handle>[0]

export class AnswerHandler extends NodeHttpHandler {
  readonly #maxBytes: number | undefined
  readonly #isRestJson: boolean

  /**
   * @param maxBytes the most bytes of a body; default is that of the plugins' SDK
   * @param isRestJson whether the service speaks REST with JSON, which a request does not show
   */
  constructor(options: NodeHttpHandlerOptions, maxBytes: number | undefined, isRestJson = false) {
    super(options)
    this.#maxBytes = maxBytes
    this.#isRestJson = isRestJson
  }

  /**
   * @returns an answer whose body is a Buffer
   * @throws ForeignAnswerError; ApiError for a body that is too large
   */
  override async handle(...given: Parameters<Handle>): ReturnType<Handle> {
    const [request] = given
    const trace = traceRequest({ method: request.method, host: request.hostname, port: request.port })
    // Signed already; AWS ignores headers beside those that are.
    Object.assign(request.headers, trace?.headers)
    const { response } = await super.handle(...given)
    trace?.answered(response.statusCode)
    const protocol = this.#isRestJson ? ({ kind: 'json' } as const) : protocolOf(given[0])
    // An answer to any other request may be a stream, which its reader must bound.
    if (protocol === undefined) return { response }
    const body = await readAnswerBody(response.body, this.#maxBytes)
    const { statusCode: status, headers } = response
    const answer = { status, contentType: headers['content-type'], body }
    const foreignness = foreignnessOf(answer, protocol)
    if (foreignness !== undefined) throw new ForeignAnswerError(status, foreignness, answer)
    response.body = body
    return { response }
  }
}

/** The protocol of a request. JSON 1.1 names the call in a header, the query protocols (IAM, STS, EC2) in a form. */
function protocolOf({ headers, body }: Request): Protocol | undefined {
  if (headers['x-amz-target'] !== undefined) return { kind: 'json' }
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  if (isForm !== true) return undefined
  const form = typeof body === 'string' ? body : Buffer.from(body ?? '').toString()
  const action = new URLSearchParams(form).get('Action')
  return action === null ? undefined : { kind: 'xml', action }
}
