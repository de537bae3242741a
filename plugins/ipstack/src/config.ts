/**
 * Settings of an ipstack connection. Names are those of Steampipe's ipstack plugin, so that its files can be
 * reused.
 */
import { z } from 'zod'

export const ipstackConfig = z.strictObject({
  token: z.string().optional().describe("The access key; without it, the environment's `IPSTACK_TOKEN`."),
  https: z
    .boolean()
    .default(true)
    .describe('`false` for old plans without encryption: the token then travels in the clear.'),
  security: z
    .boolean()
    .default(false)
    .describe('Whether the plan includes the security module. Its columns are NULL otherwise.'),
  endpoint_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      "The URL of the API, if not at api.ipstack.com; without it, the environment's `IPSTACK_ENDPOINT`.",
    ),
})

export type IpstackConfig = z.infer<typeof ipstackConfig>
