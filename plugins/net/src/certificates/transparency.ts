/** Whether a certificate stands in a Certificate Transparency log, as crt.sh finds it. */
import { ApiError, type GuardedHttp, type HttpReply, RefusedAddress } from '@millrace/plugin-sdk'
import { refusal } from '../dns/dns-client.js'
import { failureText } from '../sockets/open-socket.js'

export interface LogQuestion {
  /** The certificate's common name. */
  readonly name: string
  /** The certificate's number, hexadecimal. */
  readonly serial: string
  readonly url: string
  readonly http: GuardedHttp
  readonly signal: AbortSignal
}

/** @throws ApiError where the log does not answer; the signal's reason */
export async function isLogged({ name, serial, url, http, signal }: LogQuestion): Promise<boolean> {
  const asked = new URL(url)
  asked.search = new URLSearchParams({
    identity: name,
    exclude: 'expired',
    match: '=',
    output: 'json',
  }).toString()
  const { status, body } = await http
    .ask({ url: asked, method: 'GET' }, signal)
    .catch((error: unknown): HttpReply => {
      signal.throwIfAborted()
      if (ApiError.is(error)) throw error
      if (error instanceof RefusedAddress) throw refusal(error)
      throw new ApiError('the transparency log could not be asked', {
        sqlState: 'HV00N',
        detail: `${failureText(error)} at ${asked.origin}`,
      })
    })
  const entries = status < 300 ? parse(body) : undefined
  if (!Array.isArray(entries)) {
    throw new ApiError('the transparency log has not answered as expected', {
      code: `HTTP ${status}`,
      detail: `HTTP ${status} from ${asked.origin}`,
      hint: 'Run the query again later, or leave the column transparent out of it.',
    })
  }
  return entries.some((entry) => isSame(Object(entry).serial_number, serial))
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

/** Numbers are written with zeros before them, or without. */
function isSame(one: unknown, other: string): boolean {
  const plain = (text: string) => text.toLowerCase().replace(/^0+/, '')
  return typeof one === 'string' && plain(one) === plain(other)
}
