/** Settings of an AbuseIPDB connection. `api_key` is that of Steampipe's plugin, so that its files can be reused. */
import { z } from 'zod'

export const abuseipdbConfig = z.strictObject({
  api_key: z
    .string()
    .optional()
    .describe("The key of the account; without it, the environment's `ABUSEIPDB_API_KEY`."),
  endpoint_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      "The URL of the API, if not at api.abuseipdb.com; without it, the environment's `ABUSEIPDB_ENDPOINT`.",
    ),
})

export type AbuseipdbConfig = z.infer<typeof abuseipdbConfig>
