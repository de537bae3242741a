/** Sends one question to one DNS server: over UDP, and over TCP where the answer does not fit. */
import { createSocket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'
import type { HostPort } from '../addresses/host-port.js'
import { type DnsAnswer, isTruncated, type Question, readAnswer, writeQuestion } from './dns-message.js'

export interface ExchangeOptions {
  /** How long each message is awaited, in milliseconds. */
  readonly timeout: number
  readonly signal: AbortSignal
}

/** No answer came; `code` is that of Node.js, or ETIMEDOUT. */
export class NoDnsAnswer extends Error {
  override readonly name = 'NoDnsAnswer'

  constructor(
    readonly code: string,
    readonly server: string,
  ) {
    super(`${code} at the DNS server ${server}`)
  }
}

/**
 * @param server with an address as its host
 * @throws NoDnsAnswer; the signal's reason
 */
export async function exchange(
  server: HostPort,
  question: Question,
  options: ExchangeOptions,
): Promise<DnsAnswer> {
  const answer = await askOnce(server, question, options, true)
  // Servers that do not know EDNS say so, or that they cannot read the question (RFC 6891, section 7).
  return answer.rcode === 'FORMERR' || answer.rcode === 'NOTIMP'
    ? askOnce(server, question, options, false)
    : answer
}

async function askOnce(
  server: HostPort,
  question: Question,
  options: ExchangeOptions,
  extended: boolean,
): Promise<DnsAnswer> {
  const { id, message } = writeQuestion(question, extended)
  const read = (answer: Buffer) => readAnswer(answer, id, question)
  const received = await overUdp(server, message, options, (answer) => {
    if (answer.length < 12 || answer.readUInt16BE(0) !== id) return undefined
    return isTruncated(answer) ? 'truncated' : read(answer)
  })
  if (received !== 'truncated') return received
  const whole = read(await overTcp(server, message, options))
  if (whole === undefined) throw new NoDnsAnswer('EBADRESP', textOf(server))
  return whole
}

/** @param read gives undefined for what is not the answer, which is then still awaited */
function overUdp<Result>(
  server: HostPort,
  message: Buffer,
  { timeout, signal }: ExchangeOptions,
  read: (answer: Buffer) => Result | undefined,
): Promise<Result> {
  signal.throwIfAborted()
  // Connected, so that only the server's own messages are received, and its refusals are seen.
  const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4')
  return new Promise<Result>((resolve, reject) => {
    let isOpen = true
    const end = (tell: () => void) => {
      if (!isOpen) return
      isOpen = false
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.close()
      tell()
    }
    const fail = (code: string) => end(() => reject(new NoDnsAnswer(code, textOf(server))))
    const onAbort = () => end(() => reject(signal.reason))
    const timer = setTimeout(() => fail('ETIMEDOUT'), timeout)
    signal.addEventListener('abort', onAbort, { once: true })
    socket.on('error', (error) => fail(codeOf(error)))
    socket.on('message', (answer) => {
      const result = read(answer)
      if (result !== undefined) end(() => resolve(result))
    })
    socket.connect(server.port, server.host, (error?: unknown) => {
      if (!isOpen) return
      if (error) return fail(codeOf(error))
      socket.send(message, (failure) => {
        if (failure) fail(codeOf(failure))
      })
    })
  })
}

/** A message over TCP is preceded by its length in two bytes (RFC 1035, section 4.2.2). */
function overTcp(server: HostPort, message: Buffer, { timeout, signal }: ExchangeOptions): Promise<Buffer> {
  signal.throwIfAborted()
  const socket = connect({ host: server.host, port: server.port })
  return new Promise<Buffer>((resolve, reject) => {
    let received = Buffer.alloc(0)
    const end = (tell: () => void) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      tell()
    }
    const fail = (code: string) => end(() => reject(new NoDnsAnswer(code, textOf(server))))
    const onAbort = () => end(() => reject(signal.reason))
    const timer = setTimeout(() => fail('ETIMEDOUT'), timeout)
    signal.addEventListener('abort', onAbort, { once: true })
    socket.on('error', (error) => fail(codeOf(error)))
    socket.on('close', () => fail('ECONNRESET'))
    socket.on('connect', () => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(message.length)
      socket.write(Buffer.concat([length, message]))
    })
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      const length = received.length < 2 ? Number.POSITIVE_INFINITY : received.readUInt16BE(0)
      if (received.length >= 2 + length) end(() => resolve(received.subarray(2, 2 + length)))
    })
  })
}

function textOf({ host, port }: HostPort): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}

function codeOf(error: unknown): string {
  const { code } = Object(error)
  return typeof code === 'string' ? code : 'EIO'
}
