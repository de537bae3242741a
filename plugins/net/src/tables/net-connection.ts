/** net_connection: whether a port can be connected to. */
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { allowedAddresses, boolean, equalValues, text } from '@millrace/plugin-sdk'
import { type HostPort, hostPortText, readHostPort } from '../addresses/host-port.js'
import type { NetConnection } from '../connection.js'
import { defineTable } from '../define-table.js'
import { failureText, openSocket } from '../sockets/open-socket.js'

const usualProtocol = 'tcp'

export const netConnection = defineTable({
  name: 'net_connection',
  description:
    'One row for each address that a query names: whether it can be connected to. What fails stands in the column ' +
    'error. A UDP socket is always connected, since nobody is asked. Addresses that are not public are refused ' +
    'unless the setting allow_private_addresses allows them.',
  columns: {
    protocol: text('tcp (the default), tcp4, tcp6, udp, udp4 or udp6.'),
    address: text('The address, host:port, with an IPv6 address in brackets.'),
    connected: boolean('Whether a connection was made.'),
    error: text('Why none was.'),
    local_address: text("This machine's address and port of the connection."),
    remote_address: text('The address and port that were connected to.'),
  },
  keys: {
    protocol: { operators: ['='], valuesPerCall: 1 },
    address: { operators: ['='], require: 'required', valuesPerCall: 1 },
  },
  // Whether a port is open is asked because it may have changed.
  cache: { ttl: 10 },
  calls: [{ name: 'connect' }],
  async *list(scan) {
    const [protocol = usualProtocol] = equalValues(scan.quals.protocol) ?? []
    const { connection } = scan
    for (const address of equalValues(scan.quals.address) ?? []) {
      const outcome = await scan.call('connect', async (signal): Promise<Outcome> => {
        try {
          return await connectOnce(protocol, address, connection, signal)
        } catch (error) {
          signal.throwIfAborted()
          return { error: failureText(error) }
        }
      })
      yield [{ protocol, address, connected: !('error' in outcome), ...outcome }]
    }
  },
  examples: [
    {
      title: 'Whether ports are open',
      sql: "select address, connected, error from net_connection where address in ('example.com:80', 'example.com:22')",
    },
    {
      title: 'Over IPv6 only',
      sql: "select connected, remote_address from net_connection where address = 'example.com:443' and protocol = 'tcp6'",
    },
  ],
})

type Outcome =
  | { readonly error: string }
  | { readonly local_address: string | null; readonly remote_address: string | null }

async function connectOnce(
  protocol: string,
  address: string,
  connection: NetConnection,
  signal: AbortSignal,
): Promise<Outcome> {
  const [, kind, version] = /^(tcp|udp)([46]?)$/.exec(protocol) ?? []
  if (kind === undefined) {
    return { error: `unknown protocol "${protocol}": expected tcp, tcp4, tcp6, udp, udp4 or udp6` }
  }
  const target = readHostPort(address)
  if (!('host' in target)) return { error: target.fault }
  const family = version === '4' ? 4 : version === '6' ? 6 : undefined
  if (kind === 'udp') return connectUdp(target, family, connection, signal)
  const { timeout } = connection
  const socket = await openSocket(target, { source: connection, timeout, signal, family })
  try {
    return {
      local_address: hostPortText(socket.localAddress, socket.localPort),
      remote_address: hostPortText(socket.remoteAddress, socket.remotePort),
    }
  } finally {
    socket.destroy()
  }
}

async function connectUdp(
  { host, port }: HostPort,
  family: 4 | 6 | undefined,
  connection: NetConnection,
  signal: AbortSignal,
): Promise<Outcome> {
  const addresses = await allowedAddresses(host, connection, signal)
  const fitting = addresses.filter((each) => family === undefined || isIPv6(each) === (family === 6))
  const [address] = fitting
  if (address === undefined) return { error: `ENOTFOUND: ${host} has no IPv${family} address` }
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.connect(port, address, (error?: unknown) => (error ? reject(error) : resolve()))
    })
    const local = socket.address()
    return {
      local_address: hostPortText(local.address, local.port),
      remote_address: hostPortText(address, port),
    }
  } finally {
    socket.close()
  }
}
