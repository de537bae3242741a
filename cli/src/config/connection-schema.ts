/** What a file may say of one connection, whatever its plugin. */
import { messageTest } from '@millrace/sql-engine/fetch/ignored-errors'
import { z } from 'zod'

/** The name of a built-in plugin, such as `aws`, of an npm package or of a plugin of Steampipe, or a path. */
const plugin = z.string().min(1)

const importSchema = z.enum(['enabled', 'disabled'])

/** A connection whose tables combine those of several others. */
export const aggregatorSchema = z.strictObject({
  type: z.literal('aggregator'),
  plugin,
  /** Names of connections, in which `*` stands for any run of characters and `?` for one. */
  connections: z.array(z.string().min(1)).min(1),
  /** Whether a query goes on, with a notice, when an API fails one of them. */
  on_member_failure: z.enum(['error', 'notice']).optional(),
  import_schema: importSchema.optional(),
})

const regularExpression = z.string().refine(isRegularExpression, 'expected a regular expression')

/** The plugin checks the other settings. */
export const connectionSchema = z.looseObject({
  plugin: plugin.describe(
    'A built-in plugin such as `aws`, an npm package that is installed in the home (`millrace-plugin-acme`, or `acme` for short), the path of [a plugin that is being written](write-a-plugin.md), from the home or with `~/`, or [a plugin of Steampipe](steampipe-plugins.md).',
  ),
  import_schema: importSchema
    .optional()
    .describe('`"disabled"` for no schema of its own: it is there for aggregators only.'),
  cache_ttl: z
    .number()
    .min(0)
    .max(86_400 * 365)
    .optional()
    .describe('How many seconds its rows answer later statements, in place of `cache.ttl`.'),
  max_concurrency: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('The most API calls in flight, over all connections to the account together.'),
  rate_limits: z
    .record(z.string().min(1), z.number().positive().max(10_000))
    .optional()
    .describe(
      'Calls a second for each region, by the API\'s name of the call, such as `{ "FilterLogEvents": 10 }`; by `*`, of all calls together.',
    ),
  call_timeout: z.number().positive().max(3600).optional().describe('How many seconds an answer is awaited.'),
  max_answer_mb: z
    .number()
    .positive()
    .max(1024)
    .optional()
    .describe('The most megabytes that the answer to a call may have; without it, 64.'),
  on_failure: z
    .enum(['error', 'notice'])
    .optional()
    .describe(
      '`"notice"`: queries whose outer joins ask it [go on with NULL](settings.md#errors-to-go-on-without) when its API fails; without it, they fail.',
    ),
  ignore_error_codes: z
    .array(z.string().min(1))
    .optional()
    .describe(
      "[Errors to go on without](settings.md#errors-to-go-on-without), by the API's codes; `*` stands for any run of characters, `?` for one.",
    ),
  ignore_error_messages: z
    .array(regularExpression)
    .optional()
    .describe('The same, by regular expressions on what the API says.'),
})

function isRegularExpression(source: string): boolean {
  try {
    messageTest(source)
    return true
  } catch {
    return false
  }
}

export type AggregatorSettings = z.infer<typeof aggregatorSchema>
export type ConnectionSettings = AggregatorSettings | z.infer<typeof connectionSchema>

export function isAggregator(connection: ConnectionSettings): connection is AggregatorSettings {
  return 'type' in connection && connection.type === 'aggregator'
}

/** The settings of connections that no plugin sees. */
export const commonSettingNames: readonly string[] = Object.keys(connectionSchema.shape)
