/** The SDK's HTTP handler, with bodies bounded, and looked at before the SDK reads them. */
import { readAnswerBody, traceRequest } from '@millrace/plugin-sdk'
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler'
import { ForeignAnswerError, foreignnessOf, type Protocol } from './foreign-answer.js'

/**
 * How a service talks where its requests do not show it: REST with JSON, whose answers are all objects, or S3, whose lists
 * are XML and whose objects are anything.
 */
export type RestKind = 'json' | 's3'

type Handle = NodeHttpHandler['handle']
type Request = Parameters<Handle>[0]

export class AnswerHandler extends NodeHttpHandler {
  readonly #maxBytes: number | undefined
  readonly #rest: RestKind | undefined

  /**
   * @param maxBytes the most bytes of a body; default is that of the plugins' SDK
   */
  constructor(options: NodeHttpHandlerOptions, maxBytes: number | undefined, rest?: RestKind) {
    super(options)
    this.#maxBytes = maxBytes
    this.#rest = rest
  }

  /**
   * @returns an answer whose body is a Buffer, except for objects of S3, which may be large
   * @throws ForeignAnswerError; ApiError for a body that is too large
   */
  override async handle(...given: Parameters<Handle>): ReturnType<Handle> {
    const [request] = given
    const trace = traceRequest({ method: request.method, host: request.hostname, port: request.port })
    // Signed already; AWS ignores headers beside those that are.
    Object.assign(request.headers, trace?.headers)
    const { response } = await super.handle(...given)
    trace?.answered(response.statusCode)
    const { statusCode: status, headers } = response
    const protocol = protocolOf(request, status, this.#rest)
    // An answer to any other request may be a stream, which its reader must bound.
    if (protocol === undefined) return { response }
    const body = await readAnswerBody(response.body, this.#maxBytes)
    const answer = { status, contentType: headers['content-type'], body }
    const foreignness = foreignnessOf(answer, protocol)
    if (foreignness !== undefined) throw new ForeignAnswerError(status, foreignness, answer)
    response.body = body
    return { response }
  }
}

/**
 * The protocol of an answer. JSON 1.1 names the call in a header of the request, the query protocols (IAM, STS, EC2) in a
 * form.
 */
function protocolOf(request: Request, status: number, rest: RestKind | undefined): Protocol | undefined {
  if (rest === 'json') return { kind: 'json' }
  if (rest === 's3') return protocolOfS3(request, status)
  const { headers, body } = request
  if (headers['x-amz-target'] !== undefined) return { kind: 'json' }
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  if (isForm !== true) return undefined
  const form = typeof body === 'string' ? body : Buffer.from(body ?? '').toString()
  const action = new URLSearchParams(form).get('Action')
  return action === null ? undefined : { kind: 'xml', root: `${action}Response` }
}

/** Answers to HEAD have no body, and an object's is its content. */
function protocolOfS3({ method, query }: Request, status: number): Protocol | undefined {
  const isObject = query?.['list-type'] === undefined && status < 300
  return method === 'HEAD' || isObject ? undefined : { kind: 'xml', root: 'ListBucketResult' }
}
