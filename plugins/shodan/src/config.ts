/** Settings of a Shodan connection. `api_key` is that of Steampipe's plugin, so that its files can be reused. */
import { z } from 'zod'

const url = z.url({ protocol: /^https?$/ })

export const shodanConfig = z.strictObject({
  api_key: z
    .string()
    .optional()
    .describe("The key of the account; without it, the environment's `SHODAN_API_KEY`."),
  endpoint_url: url
    .optional()
    .describe(
      "The URL of the API, if not at api.shodan.io; without it, the environment's `SHODAN_ENDPOINT`.",
    ),
  exploits_url: url
    .optional()
    .describe(
      "The URL of the search for exploits, if not at exploits.shodan.io; without it, the environment's `SHODAN_EXPLOITS_ENDPOINT`.",
    ),
})

export type ShodanConfig = z.infer<typeof shodanConfig>
