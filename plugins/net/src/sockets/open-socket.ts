/** Opens connections to hosts that queries name: only to addresses that the guard allows. */
import { connect, isIP, type Socket } from 'node:net'
import { type AddressSource, guardedLookup } from '@millrace/plugin-sdk'
import type { HostPort } from '../addresses/host-port.js'

export interface OpenOptions {
  readonly source: AddressSource
  /** How long the connection may take to be made, in milliseconds. */
  readonly timeout: number
  /** Ends the socket, also once it is open. */
  readonly signal: AbortSignal
  readonly family?: 4 | 6 | undefined
}

/**
 * Opens a TCP connection. The caller destroys the socket.
 * @throws RefusedAddress; what the operating system says; the signal's reason
 */
export function openSocket({ host, port }: HostPort, options: OpenOptions): Promise<Socket> {
  const { source, timeout, signal, family } = options
  signal.throwIfAborted()
  if (isIP(host) !== 0) source.guard.check(host, host)
  const socket = connect({
    host,
    port,
    lookup: guardedLookup(source, signal),
    autoSelectFamily: family === undefined,
    ...(family === undefined ? {} : { family }),
  })
  const onAbort = () => socket.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', onAbort))
  return new Promise<Socket>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(Object.assign(new Error(`no connection within ${timeout} ms`), { code: 'ETIMEDOUT' }))
      socket.destroy()
    }, timeout)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
    // Stays: a socket without a listener for errors would end the process.
    socket.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    socket.once('close', () => {
      clearTimeout(timer)
      reject(signal.aborted ? signal.reason : Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
    })
  })
}

/** What went wrong, on one line, for a column of errors. */
export function failureText(error: unknown): string {
  const { code, message, errors } = Object(error)
  // Several addresses were tried: what the first said stands for all.
  if (Array.isArray(errors) && errors.length > 0) return failureText(errors[0])
  const said = typeof message === 'string' ? message : String(error)
  return typeof code === 'string' && !said.includes(code) ? `${code}: ${said}` : said
}
