/** The port for those who watch a server: `/health` and `/metrics`, by HTTP, without a password. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { ListenSettings } from '../config/settings.js'
import { type ListeningHttp, listenHttp } from '../listening-http.js'
import { UserError } from '../user-error.js'

export interface MonitoringHttpOptions {
  readonly listen: ListenSettings
  /** Whether clients' statements would be answered now. */
  readonly isReady: () => Promise<boolean>
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  readonly onError: (error: unknown) => void
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** The most connections; whoever watches needs one. */
const mostConnections = 200

/** How long a request may take to come, in milliseconds, so that idle connections do not keep others out. */
const patience = { headersTimeout: 5_000, requestTimeout: 5_000, connectionsCheckingInterval: 1_000 }

/** @throws UserError where the address cannot be listened at */
export async function serveMonitoring(options: MonitoringHttpOptions): Promise<ListeningHttp> {
  const { listen, onError } = options
  const server = createServer(patience, (request, response) => {
    respond(request, response, options).catch((error: unknown) => {
      onError(error)
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
  server.maxConnections = mostConnections
  const listening = await listenHttp(server, listen, (error) => listenFailure(error, listen))
  server.on('error', onError)
  return listening
}

async function respond(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  options: MonitoringHttpOptions,
): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end()
    return
  }
  const { status, type, body } = await answer(url.split('?', 1)[0], options)
  const headers = {
    'content-type': type,
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
  }
  response.writeHead(status, headers).end(method === 'HEAD' ? undefined : body)
}

async function answer(path: string | undefined, options: MonitoringHttpOptions): Promise<Answer> {
  switch (path) {
    case '/health/live':
      return json(200, { live: true })
    case '/health':
    case '/health/ready': {
      const ready = await options.isReady()
      return json(ready ? 200 : 503, { live: true, ready })
    }
    case '/metrics':
      return { status: 200, type: options.metrics.contentType, body: await options.metrics.text() }
    default:
      return {
        status: 404,
        type: 'text/plain',
        body: 'There are /health/live, /health/ready and /metrics.\n',
      }
  }
}

function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` }
}

function listenFailure(error: Error, { host, port }: ListenSettings): UserError {
  const { code } = Object(error)
  const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be listened at: ${error.message}`
  return new UserError(
    `port ${port} of ${host}, for monitoring, ${why}; choose another with MILLRACE_MONITORING_PORT`,
    1,
    error,
  )
}
