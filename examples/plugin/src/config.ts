/** Settings of a connection, as they stand beside "plugin" in Millrace's config.json. */
import { z } from 'zod'

const httpUrl = z.url({ protocol: /^https?$/ })

export const npmConfig = z.strictObject({
  /** Where packages are described. */
  registry_url: httpUrl.default('https://registry.npmjs.org'),
  /** Where downloads are counted. */
  downloads_url: httpUrl.default('https://api.npmjs.org'),
})

export type NpmConfig = z.infer<typeof npmConfig>
