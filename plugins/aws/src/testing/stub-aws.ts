/** A server on this machine that answers the SDK's calls as each test says, and the tables' connections to it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ConnectContext } from '@millrace/plugin-sdk'
import type { AwsConnection } from '../connection/connection.js'
import plugin from '../plugin.js'
import { awsConfig } from '../settings/config.js'

export interface StubCall {
  readonly name: string
  readonly region: string
  readonly input: Readonly<Record<string, unknown>>
}

/** An answer that is an error of the API. */
export class Refusal {
  constructor(
    readonly code: string,
    readonly message = 'said the stub',
    readonly status = 400,
  ) {}
}

/** An answer as it stands: of a proxy, an emulator, or cut. */
export class RawAnswer {
  constructor(
    readonly body: string | Buffer,
    readonly contentType = 'text/html',
    readonly status = 200,
  ) {}
}

/** What is answered, by the API's name of the call: XML as a text, anything else as JSON. */
export type Answers = Readonly<Record<string, (call: StubCall) => unknown>>

export const stubAccount = '810361751552'

export interface StubAws {
  readonly endpoint: string
  /** May be changed at any time. */
  answers: Answers
  /** The calls so far; may be emptied. */
  readonly calls: StubCall[]
  callNames(): string[]
  /** @param settings take the place of those that lead to the stub */
  connect(
    settings?: object,
    environment?: Readonly<Record<string, string>>,
    context?: Partial<ConnectContext>,
  ): AwsConnection
  stop(): Promise<void>
}

/** The name of a call to S3, which speaks REST; all others are made by POST. */
function s3Call(method: string | undefined, { searchParams }: URL): string | undefined {
  if (method === 'HEAD') return 'HeadBucket'
  if (method !== 'GET') return undefined
  return searchParams.has('list-type') ? 'ListObjectsV2' : 'GetObject'
}

export async function startStubAws(): Promise<StubAws> {
  const calls: StubCall[] = []
  const connections: AwsConnection[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const target = request.headers['x-amz-target']
      const isJson = typeof target === 'string'
      const query = new URLSearchParams(text)
      const url = new URL(request.url ?? '/', 'http://stub')
      const ofS3 = s3Call(request.method, url)
      const name = ofS3 ?? (isJson ? (target.split('.').at(-1) ?? '') : (query.get('Action') ?? ''))
      const region = /Credential=[^/]+\/\d+\/([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? ''
      const call = { name, region, input: isJson ? JSON.parse(text) : Object.fromEntries(query) }
      calls.push(call)
      const unknown = name === 'HeadBucket' ? '' : new Refusal('UnknownOperationException')
      const answer = stub.answers[name]?.(call) ?? unknown
      response.setHeader('x-amzn-requestid', 'request-1')
      if (answer instanceof Refusal) {
        response.statusCode = answer.status
        const said = `<Error><Code>${answer.code}</Code><Message>${answer.message}</Message></Error>`
        response.end(
          isJson
            ? JSON.stringify({ __type: answer.code, message: answer.message })
            : ofS3 === undefined
              ? `<Response><Errors>${said}</Errors></Response>`
              : said,
        )
      } else if (answer instanceof RawAnswer) {
        response.statusCode = answer.status
        response.setHeader('content-type', answer.contentType)
        response.end(answer.body)
      } else {
        response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const stub: StubAws = {
    endpoint,
    answers: {},
    calls,
    callNames: () => calls.map(({ name }) => name),
    connect(settings = {}, environment = {}, context = {}) {
      const config = awsConfig.parse({
        access_key: 'AKIDEXAMPLE',
        secret_key: 'secret',
        endpoint_url: endpoint,
        default_region: 'us-east-1',
        max_error_retry_attempts: 2,
        ...settings,
      })
      const connection = plugin.connect(config, { connectionName: 'aws', environment, ...context })
      connections.push(connection)
      return connection
    },
    async stop() {
      for (const connection of connections) await plugin.close?.(connection)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return stub
}

export const stubIdentity = () =>
  `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::${stubAccount}:user/bob</Arn><UserId>U</UserId><Account>${stubAccount}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`

export const stubRegions = () =>
  `<DescribeRegionsResponse><regionInfo>${[
    ['us-east-1', 'opt-in-not-required'],
    ['us-west-2', 'opt-in-not-required'],
    ['eu-south-1', 'opted-in'],
    ['us-new-1', 'not-opted-in'],
  ]
    .map(
      ([name, status]) => `<item><regionName>${name}</regionName><optInStatus>${status}</optInStatus></item>`,
    )
    .join('')}</regionInfo></DescribeRegionsResponse>`
