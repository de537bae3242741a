/** The protocol by HTTP, for this machine only. */
import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { listenHttp } from '../listening-http.js'
import { UserError } from '../user-error.js'

export interface HttpOptions {
  /** 0 for any that is free. */
  readonly port: number
  /** What callers must show: other users of the machine reach the port, too. */
  readonly password: string
  readonly server: () => McpServer
}

export interface HttpServer {
  readonly url: string
  stop(): Promise<void>
}

const host = '127.0.0.1'

/** @throws UserError where the port is taken */
export async function serveHttp({ port, password, server }: HttpOptions): Promise<HttpServer> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // A page in a browser could have a name that leads here.
    const { host: named = '', origin, authorization = '' } = request.headers
    if (!isThisMachine(`http://${named}`) || (origin !== undefined && !isThisMachine(origin))) {
      response.writeHead(403).end('only this machine may ask')
      return
    }
    if (!isSame(authorization, `Bearer ${password}`)) {
      response.writeHead(401, { 'www-authenticate': 'Bearer' }).end("the home's password is missing")
      return
    }
    if (request.method !== 'POST') {
      response.writeHead(405, { allow: 'POST' }).end()
      return
    }
    const one = server()
    // Without an id for a session, each request stands for itself.
    const transport = new StreamableHTTPServerTransport({})
    response.once('close', () => void one.close().catch(() => {}))
    await one.connect(transport as Parameters<McpServer['connect']>[0])
    await transport.handleRequest(request, response)
  }
  const answering = createServer((request, response) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
  const listening = await listenHttp(
    answering,
    { host, port },
    (error) => new UserError(`port ${port} of ${host} cannot be listened at: ${error.message}`, 1, error),
  )
  return { url: `http://${host}:${listening.port}/`, stop: listening.stop }
}

/** By its name: a name that somebody else has given out may lead here, too. */
function isThisMachine(url: string): boolean {
  return URL.canParse(url) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)
}

function isSame(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)]
  return one.length === other.length && timingSafeEqual(one, other)
}
