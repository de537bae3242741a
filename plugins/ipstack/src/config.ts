/**
 * Settings of an ipstack connection. Names are those of Steampipe's ipstack plugin, so that its files can be
 * reused.
 */
import { z } from 'zod'

export const ipstackConfig = z.strictObject({
  /** The access key; without it, the environment's IPSTACK_TOKEN. */
  token: z.string().optional(),
  /** Off only for old plans that do not include encryption: the token then travels in the clear. */
  https: z.boolean().default(true),
  /** Whether the plan includes the security module. Its columns are NULL otherwise. */
  security: z.boolean().default(false),
  /** Where the API is, if not at api.ipstack.com; without it, the environment's IPSTACK_ENDPOINT. */
  endpoint_url: z.url({ protocol: /^https?$/ }).optional(),
})

export type IpstackConfig = z.infer<typeof ipstackConfig>
