/** net_tls_connection: which versions and cipher suites of TLS a server takes. */
import { isIP } from 'node:net'
import { boolean, equalValues, text } from '@millrace/plugin-sdk'
import { hostPortText, readHostPort } from '../addresses/host-port.js'
import type { NetConnection } from '../connection.js'
import { defineTable } from '../define-table.js'
import { type CipherSuite, cipherSuites, isPossible, tlsVersions } from '../sockets/cipher-suites.js'
import { failureText, openSocket } from '../sockets/open-socket.js'
import { secureSocket } from '../sockets/secure-socket.js'

export const netTlsConnection = defineTable({
  name: 'net_tls_connection',
  description:
    'One row for each combination of a version of TLS and a cipher suite: whether a server takes it. Each takes a ' +
    'handshake of its own that offers nothing else, unless the two do not go together. Certificates are not verified. ' +
    'Addresses that are not public are refused unless the setting allow_private_addresses allows them.',
  columns: {
    address: text('The address, host:port, with an IPv6 address in brackets.'),
    server_name: text('The name that the server was asked for (SNI).'),
    version: text('The version: TLS v1.0, TLS v1.1, TLS v1.2 or TLS v1.3.'),
    cipher_suite_name: text("The cipher suite, by its name in IANA's registry."),
    cipher_suite_id: text('The number of the cipher suite, such as 0x1301.'),
    handshake_completed: boolean('Whether the handshake was completed.'),
    error: text('Why it was not.'),
    fallback_scsv_supported: boolean(
      'Always NULL: the TLS library of this server cannot send TLS_FALLBACK_SCSV (RFC 7507).',
    ),
    alpn_supported: boolean(
      'Whether the server chooses among h2 and http/1.1 (ALPN), asked in a second handshake.',
    ),
    local_address: text("This machine's address and port of the connection."),
    remote_address: text('The address and port that were connected to.'),
  },
  keys: {
    address: { operators: ['='], require: 'required', valuesPerCall: 1 },
    version: { operators: ['='] },
    cipher_suite_name: { operators: ['='] },
  },
  calls: [{ name: 'handshake' }],
  async *list(scan) {
    const versions = equalValues(scan.quals.version) ?? tlsVersions.map(({ name }) => name)
    const names = equalValues(scan.quals.cipher_suite_name) ?? cipherSuites.map(({ name }) => name)
    const wantsAlpn = scan.columns.has('alpn_supported')
    for (const address of equalValues(scan.quals.address) ?? []) {
      const combinations = versions.flatMap((version) => names.map((name) => ({ version, name })))
      yield await Promise.all(
        combinations.map(async ({ version, name }) => {
          const suite = cipherSuites.find((one) => one.name === name)
          const asked = {
            address,
            version,
            cipher_suite_name: name,
            cipher_suite_id: suite === undefined ? null : suiteId(suite),
          }
          if (suite === undefined || !isPossible(version, suite)) {
            return { ...asked, handshake_completed: false, error: 'unsupported protocol-cipher combination' }
          }
          const shake = (alpn: boolean) =>
            scan.call('handshake', async (signal): Promise<Outcome> => {
              try {
                return await shakeHands({ address, version, suite, alpn }, scan.connection, signal)
              } catch (error) {
                signal.throwIfAborted()
                return { error: failureText(error) }
              }
            })
          const outcome = await shake(false)
          if ('error' in outcome) return { ...asked, handshake_completed: false, ...outcome }
          const second = wantsAlpn ? await shake(true) : undefined
          const { alpn: _none, ...columns } = outcome
          return {
            ...asked,
            ...columns,
            handshake_completed: true,
            alpn_supported: second === undefined ? null : !('error' in second) && second.alpn,
          }
        }),
      )
    }
  },
  examples: [
    {
      title: 'What a server takes',
      sql: `select version, cipher_suite_name
from net_tls_connection
where address = 'example.com:443' and handshake_completed`,
    },
    {
      title: 'Servers that still take old versions',
      sql: `select distinct address, version
from net_tls_connection
where address in ('example.com:443', 'example.org:443') and version in ('TLS v1.0', 'TLS v1.1')
  and handshake_completed`,
    },
  ],
})

type Outcome =
  | { readonly error: string }
  | {
      readonly server_name: string | null
      readonly local_address: string | null
      readonly remote_address: string | null
      readonly alpn: boolean
    }

interface Handshake {
  readonly address: string
  readonly version: string
  readonly suite: CipherSuite
  readonly alpn: boolean
}

async function shakeHands(
  { address, version, suite, alpn }: Handshake,
  connection: NetConnection,
  signal: AbortSignal,
): Promise<Outcome> {
  const target = readHostPort(address)
  if (!('host' in target)) return { error: target.fault }
  const protocol = tlsVersions.find(({ name }) => name === version)?.protocol ?? 'TLSv1.2'
  const socket = await openSocket(target, { source: connection, timeout: connection.timeout, signal })
  const serverName = isIP(target.host) === 0 ? target.host : undefined
  try {
    const secured = await secureSocket(
      {
        socket,
        minVersion: protocol,
        maxVersion: protocol,
        // Old suites are refused at higher levels of security, whatever the server takes.
        ciphers: suite.versions === '1.3' ? suite.openssl : `${suite.openssl}:@SECLEVEL=0`,
        ...(serverName === undefined ? {} : { servername: serverName }),
        ...(alpn ? { ALPNProtocols: ['h2', 'http/1.1'] } : {}),
      },
      connection.timeout,
    )
    return {
      server_name: serverName ?? null,
      local_address: hostPortText(socket.localAddress, socket.localPort),
      remote_address: hostPortText(socket.remoteAddress, socket.remotePort),
      alpn: typeof secured.alpnProtocol === 'string',
    }
  } finally {
    socket.destroy()
  }
}

function suiteId({ id }: CipherSuite): string {
  return `0x${id.toString(16).padStart(4, '0')}`
}
