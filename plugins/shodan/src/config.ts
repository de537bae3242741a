/** Settings of a Shodan connection. `api_key` is that of Steampipe's plugin, so that its files can be reused. */
import { z } from 'zod'

const url = z.url({ protocol: /^https?$/ })

export const shodanConfig = z.strictObject({
  /** The key of the account; without it, the environment's SHODAN_API_KEY. */
  api_key: z.string().optional(),
  /** Where the API is, if not at api.shodan.io; without it, the environment's SHODAN_ENDPOINT. */
  endpoint_url: url.optional(),
  /** Where exploits are searched, if not at exploits.shodan.io; without it, SHODAN_EXPLOITS_ENDPOINT. */
  exploits_url: url.optional(),
})

export type ShodanConfig = z.infer<typeof shodanConfig>
