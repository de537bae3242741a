/** Failures of calls, by gRPC's status codes: https://grpc.io/docs/guides/status-codes/ */

export const rpcCodes = {
  ok: 0,
  unknown: 2,
  internal: 13,
  unavailable: 14,
  unimplemented: 12,
} as const

export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * The status of a call, from the headers or trailers that end it.
 * @returns undefined for OK
 */
export function errorOfStatus(headers: Readonly<Record<string, unknown>>): RpcError | undefined {
  const status = headers['grpc-status']
  if (status === undefined) {
    return new RpcError(rpcCodes.unavailable, 'the plugin closed the connection before it had answered')
  }
  const code = Number(status)
  if (code === rpcCodes.ok) return undefined
  const message = headers['grpc-message']
  return new RpcError(code, typeof message === 'string' ? decoded(message) : `status ${code}`)
}

/** Messages are percent-encoded, and may not be valid. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message)
  } catch {
    return message
  }
}
