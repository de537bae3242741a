/** Settings of a net connection. `timeout` and `dns_server` are those of Steampipe's plugin. */
import { BlockList, isIP, isIPv6 } from 'node:net'
import { z } from 'zod'
import { readHostPort } from './addresses/host-port.js'

const network = z.string().refine(isNetwork, 'expected an address or a network, such as 10.0.0.0/8')

export const netConfig = z.strictObject({
  timeout: z
    .int()
    .min(1)
    .max(60_000)
    .default(2000)
    .describe('How many milliseconds a connection, a handshake or an answer of a DNS server is awaited.'),
  dns_server: z
    .string()
    .refine((text) => 'host' in readHostPort(text, 53), 'expected host or host:port')
    .optional()
    .describe('The DNS server, `host` or `host:port`; without it, those of this machine.'),
  allow_private_addresses: z
    .union([z.boolean(), z.array(network)])
    .default(false)
    .describe(
      'Whether queries may have the server connect to addresses that are not public: `true`, or a list of networks such as `["10.1.0.0/16"]`.',
    ),
  transparency_url: z
    .url({ protocol: /^https?$/ })
    .default('https://crt.sh')
    .describe('Where Certificate Transparency logs are searched.'),
})

export type NetConfig = z.infer<typeof netConfig>

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/')
  if (isIP(address) === 0 || more.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (isIPv6(address) ? 128 : 32))
}

/** A list of networks as the setting has them. */
export function networksOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const each of networks) {
    const [address = '', prefix] = each.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    list.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family)
  }
  return list
}
