/** The front door of the AWS services: recognises a call, checks who makes it, runs it. */
import { expiredSessionToken } from '../credentials.js'
import type { Answer, ApiCall, ApiRequest, Refusal, Service } from '../service.js'
import type { AccessKeys } from './access-keys.js'
import { AwsError } from './aws-error.js'
import type { AwsContext, AwsService } from './aws-service.js'
import { regions } from './regions.js'
import { checkSignature, readSignature, type SignatureFault } from './signature.js'
import { sayError, sayResult } from './wire.js'

export interface AwsApiOptions {
  readonly keys: AccessKeys
  /** Each account's services, by its number; the same services in all of them. */
  readonly accounts: ReadonlyMap<string, readonly AwsService[]>
}

/** A request that has been recognised, before it is known who makes it. */
interface AwsCall {
  readonly service: AwsService | undefined
  readonly protocol: AwsService['protocol']
  readonly operation: string | undefined
  /** The parameters for the log of calls. */
  readonly shown: unknown
  /** @throws AwsError where they cannot be read */
  readonly input: () => unknown
}

export class AwsApi implements Service {
  readonly name = 'aws'

  readonly #keys: AccessKeys
  readonly #accounts: ReadonlyMap<string, readonly AwsService[]>
  /** The services of any account: they are told apart in the same way everywhere. */
  readonly #services: readonly AwsService[]

  constructor({ keys, accounts }: AwsApiOptions) {
    this.#keys = keys
    this.#accounts = accounts
    this.#services = [...accounts.values()][0] ?? []
  }

  recognise(request: ApiRequest): ApiCall | null {
    const routed = this.#route(request)
    if (routed !== undefined) return this.#call(request, routed)
    if (request.method !== 'POST') return null
    const target = request.headers['x-amz-target']
    const form = target === undefined ? readForm(request) : null
    if (target === undefined && form === null) return null
    const [identifier, operation] = form ? [form.Version, form.Action] : splitTarget(target ?? '')
    const service = this.#services.find(
      (one) =>
        one.route === undefined &&
        (one.protocol === 'json') === (form === null) &&
        (one.identifier === identifier || one.otherIdentifiers?.includes(identifier ?? '')),
    )
    const protocol = service?.protocol ?? (form ? 'query' : 'json')
    return this.#call(request, {
      service,
      protocol,
      operation,
      shown: form ?? parameters(request),
      input: () => form ?? parseBody(request),
    })
  }

  /** The call of a service that speaks REST, which the signature names. */
  #route(request: ApiRequest): AwsCall | undefined {
    const signed = readSignature(request)
    if (typeof signed === 'string') return undefined
    const service = this.#services.find(
      ({ name, route }) => route !== undefined && name === signed.scope.service,
    )
    if (service?.route === undefined) return undefined
    const { url, method } = request
    const { operation, parameters: inPath } = service.route(method, url.pathname) ?? {}
    const outside = { ...inPath, ...Object.fromEntries(url.searchParams) }
    return {
      service,
      protocol: service.protocol,
      operation,
      shown: { ...outside, ...Object(parameters(request)) },
      input: () => ({ ...outside, ...Object(parseBody(request)) }),
    }
  }

  #call(request: ApiRequest, { service, protocol, operation, shown, input }: AwsCall): ApiCall {
    const signed = readSignature(request)
    const region = typeof signed === 'string' ? undefined : signed.scope.region
    return {
      service: service?.name ?? 'aws',
      operation: operation ?? 'unknown',
      region,
      parameters: shown,
      answer: async (signal) => {
        try {
          if (service === undefined || operation === undefined) throw unknownOperation(protocol)
          const context = this.#authenticate(request, service, operation, signal)
          const { operations } = this.#serviceOf(context, service)
          const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined
          if (run === undefined) throw unknownOperation(protocol)
          return sayResult(protocol, operation, await run(input(), context), service.namespace)
        } catch (error) {
          if (error instanceof AwsError) return sayError(protocol, error, service?.namespace)
          throw error
        }
      },
      refuse: (refusal) => refuse(protocol, service, refusal),
    }
  }

  #serviceOf({ accountId }: AwsContext, { name }: AwsService): AwsService {
    const service = this.#accounts.get(accountId)?.find((one) => one.name === name)
    if (service === undefined) throw new Error(`account ${accountId} has no ${name}`)
    return service
  }

  /** The context of a call without a signature; the account does not matter to such calls. */
  #anonymous(signal: AbortSignal): AwsContext {
    const [accountId = ''] = this.#accounts.keys()
    return { accountId, region: 'us-east-1', partition: 'aws', userArn: '', userId: '', signal }
  }

  #authenticate(
    request: ApiRequest,
    service: AwsService,
    operation: string,
    signal: AbortSignal,
  ): AwsContext {
    const { protocol } = service
    if (service.unsigned?.includes(operation)) return this.#anonymous(signal)
    const signed = readSignature(request)
    if (typeof signed === 'string') throw signatureError(protocol, signed)
    const { accessKeyId, region } = signed.scope
    const known = this.#keys.find(accessKeyId)
    const sessionToken = request.headers['x-amz-security-token']
    if (sessionToken === expiredSessionToken) throw expiredTokenError(protocol)
    if (known === undefined || sessionToken !== known.sessionToken) throw unknownKeyError(protocol)
    const fault = checkSignature(request, signed, known.secretAccessKey)
    if (fault !== null) throw signatureError(protocol, fault)
    if (signed.scope.service !== service.name) throw wrongScopeError(protocol, `service: '${service.name}'.`)
    const where = regions.find((one) => one.name === region)
    if (where === undefined) throw wrongScopeError(protocol, 'a valid region.')
    // A region that the account has not opted into does not know the account's keys.
    if (where.optInStatus === 'not-opted-in') throw unknownKeyError(protocol)
    const { accountId, arn: userArn, userId, isDenied } = known.identity
    if (isDenied && operation !== 'GetCallerIdentity') throw deniedError(service, operation, userArn)
    return { accountId, region, partition: 'aws', userArn, userId, signal }
  }
}

function readForm(request: ApiRequest): Record<string, string> | null {
  if (!request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return null
  return Object.fromEntries(new URLSearchParams(request.body.toString('utf8')))
}

function splitTarget(target: string): [string | undefined, string | undefined] {
  const dot = target.lastIndexOf('.')
  return dot < 0 ? [undefined, undefined] : [target.slice(0, dot), target.slice(dot + 1)]
}

function parameters(request: ApiRequest): unknown {
  try {
    return parseBody(request)
  } catch {
    return request.body.toString('utf8')
  }
}

function parseBody(request: ApiRequest): unknown {
  try {
    return JSON.parse(request.body.toString('utf8') || '{}')
  } catch {
    throw new AwsError('SerializationException', 'The request body is not JSON')
  }
}

function unknownOperation(protocol: AwsService['protocol']): AwsError {
  return protocol === 'json'
    ? new AwsError('UnknownOperationException', 'The requested operation is not known')
    : new AwsError('InvalidAction', 'The action is not valid for this web service')
}

function signatureError(protocol: AwsService['protocol'], fault: SignatureFault): AwsError {
  const isJson = protocol === 'json'
  switch (fault) {
    case 'missing':
      if (protocol === 'ec2') return new AwsError('MissingParameter', 'The request must contain a signature')
      return isJson
        ? new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token')
        : new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403)
    case 'malformed':
      return isJson
        ? new AwsError('IncompleteSignatureException', 'The Authorization header is not complete')
        : new AwsError('IncompleteSignature', 'The Authorization header is not complete')
    case 'expired':
      return mismatchError(protocol, 'Signature expired: the time of the request is too far from now')
    case 'mismatch':
      return mismatchError(
        protocol,
        'The request signature we calculated does not match the signature you provided. ' +
          'Check your AWS Secret Access Key and signing method.',
      )
  }
}

function mismatchError(protocol: AwsService['protocol'], message: string): AwsError {
  if (protocol === 'json') return new AwsError('InvalidSignatureException', message)
  if (protocol === 'query') return new AwsError('SignatureDoesNotMatch', message, 403)
  return new AwsError('AuthFailure', 'AWS was not able to validate the provided access credentials', 401)
}

function wrongScopeError(protocol: AwsService['protocol'], what: string): AwsError {
  return mismatchError(
    protocol,
    `Credential should be scoped to ${what.startsWith('a ') ? '' : 'correct '}${what}`,
  )
}

function unknownKeyError(protocol: AwsService['protocol']): AwsError {
  const message = 'The security token included in the request is invalid.'
  if (protocol === 'json') return new AwsError('UnrecognizedClientException', message)
  if (protocol === 'query') return new AwsError('InvalidClientTokenId', message, 403)
  return new AwsError('AuthFailure', 'AWS was not able to validate the provided access credentials', 401)
}

function expiredTokenError(protocol: AwsService['protocol']): AwsError {
  const message = 'The security token included in the request is expired'
  if (protocol === 'json') return new AwsError('ExpiredTokenException', message)
  return protocol === 'query'
    ? new AwsError('ExpiredToken', message, 403)
    : new AwsError('RequestExpired', message)
}

function deniedError(service: AwsService, operation: string, userArn: string): AwsError {
  const action = `${service.name}:${operation}`
  const message = `User: ${userArn} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`
  return service.protocol === 'json'
    ? new AwsError('AccessDeniedException', message)
    : new AwsError(service.protocol === 'query' ? 'AccessDenied' : 'UnauthorizedOperation', message, 403)
}

function refuse(protocol: AwsService['protocol'], service: AwsService | undefined, refusal: Refusal): Answer {
  const { kind, status, code, message } = refusal
  if (kind === 'throttle') {
    const throttling = code ?? service?.throttlingCode ?? 'ThrottlingException'
    return sayError(
      protocol,
      new AwsError(throttling, message ?? 'Rate exceeded', status ?? 400),
      service?.namespace,
    )
  }
  const failing = new AwsError(
    code ?? (protocol === 'json' ? 'InternalFailure' : 'InternalError'),
    message ?? 'The request processing has failed because of an unknown error, exception or failure.',
    status ?? (code === undefined ? 500 : 400),
  )
  return sayError(protocol, failing, service?.namespace)
}
