/** Settings of a net connection. `timeout` and `dns_server` are those of Steampipe's plugin. */
import { allowPrivateAddresses } from '@millrace/plugin-sdk'
import { z } from 'zod'
import { readHostPort } from './addresses/host-port.js'

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
  allow_private_addresses: allowPrivateAddresses.describe(
    'Whether queries may have the server connect to addresses that are not public: `true`, or a list of networks such as `["10.1.0.0/16"]`.',
  ),
  transparency_url: z
    .url({ protocol: /^https?$/ })
    .default('https://crt.sh')
    .describe('Where Certificate Transparency logs are searched.'),
})

export type NetConfig = z.infer<typeof netConfig>
