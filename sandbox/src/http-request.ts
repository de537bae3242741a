/** What the sandbox's server needs of Node's HTTP: a whole request, and a port to listen on. */
import type { IncomingMessage, Server } from 'node:http'
import type { ApiRequest } from './service.js'

/** The longest body, far more than any call here needs. */
const longestBody = 8 * 1024 * 1024

/** @throws when the connection fails; it is closed when the body is longer than any call's */
export async function readRequest(incoming: IncomingMessage): Promise<ApiRequest> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > longestBody) throw new Error(`a body of more than ${longestBody} bytes`)
    chunks.push(chunk)
  }
  const target = incoming.url ?? '/'
  return {
    method: incoming.method ?? 'GET',
    target,
    // A target that begins with two slashes would be taken for a host.
    url: new URL(`http://sandbox${target.startsWith('/') ? target : `/${target}`}`),
    headers: headersOf(incoming),
    body: Buffer.concat(chunks),
  }
}

function headersOf({ headersDistinct }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values]) => [name, (values ?? []).join(',')]),
  )
}

/** @returns the port, also where any was asked for */
export function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}
