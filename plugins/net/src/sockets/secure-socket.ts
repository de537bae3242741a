import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'

/** Completes a handshake. The caller destroys the socket below. Certificates are looked at, not verified. */
export function secureSocket(options: ConnectionOptions, timeout: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    // It may throw: for a cipher suite that OpenSSL was built without.
    const secured = connect({ ...options, rejectUnauthorized: false })
    const fail = (error: Error) => {
      clearTimeout(timer)
      secured.destroy()
      reject(error)
    }
    const timer = setTimeout(() => {
      fail(Object.assign(new Error(`no handshake within ${timeout} ms`), { code: 'ETIMEDOUT' }))
    }, timeout)
    secured.once('secureConnect', () => {
      clearTimeout(timer)
      resolve(secured)
    })
    // Stays: a socket without a listener for errors would end the process.
    secured.on('error', fail)
    secured.once('close', () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
  })
}
