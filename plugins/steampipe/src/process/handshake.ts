/** The line by which a plugin's process says where it listens: HashiCorp's go-plugin, version 1 of its protocol. */

export type Handshake =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'failure'; readonly said: string }

/** @param line `1|0|unix|/tmp/plugin123|grpc|`: versions, network, address, protocol, certificate */
export function readHandshake(line: string): Handshake {
  const [core, version, network, address, protocol, certificate = '', ...others] = line.trim().split('|')
  const failure = (said: string) => ({ kind: 'failure', said }) as const
  if (core !== '1' || address === undefined) return failure(line.trim())
  if (version !== '0') return failure(`it speaks version ${version} of the protocol, not 0`)
  if (network !== 'unix') return failure(`it listens on ${network}, not on a Unix socket`)
  if (protocol !== 'grpc') return failure(`it speaks ${protocol}, not gRPC`)
  if (certificate !== '' || others.includes('true'))
    return failure('it wants TLS, or to share one connection')
  return { kind: 'socket', path: address }
}
