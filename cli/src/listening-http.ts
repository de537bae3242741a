/** An HTTP server that listens, until it is stopped. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ListenSettings } from './config/settings.js'
import type { UserError } from './user-error.js'

export interface ListeningHttp {
  readonly port: number
  /** Ends all connections, whatever they are about. */
  stop(): Promise<void>
}

/**
 * @param failure what an address that cannot be listened at is told by
 * @throws that
 */
export async function listenHttp(
  server: Server,
  { host, port }: ListenSettings,
  failure: (error: Error) => UserError,
): Promise<ListeningHttp> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(failure(error)))
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
