import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { TestGateway } from './test-gateway.js'

/** A connection to a gateway over which nothing has been said yet; destroyed with the test. */
export function openSocket({ gateway }: Pick<TestGateway, 'gateway'>): Socket {
  const socket = connect(gateway.port, '127.0.0.1')
  socket.on('error', () => {})
  onTestFinished(() => {
    socket.destroy()
  })
  return socket
}
