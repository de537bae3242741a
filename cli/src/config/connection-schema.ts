/** What a file may say of one connection, whatever its plugin. */
import { messageTest } from '@millrace/sql-engine/fetch/ignored-errors'
import { z } from 'zod'

/** The name of a built-in plugin, such as `aws`, or of an npm package. */
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
  plugin,
  /** Whether it has a schema of its own; without, it can still be a member of an aggregator. */
  import_schema: importSchema.optional(),
  /** How many seconds the connection's rows answer later statements, whatever its tables say. */
  cache_ttl: z
    .number()
    .min(0)
    .max(86_400 * 365)
    .optional(),
  /** The most API calls in flight, over all connections to the account together. */
  max_concurrency: z.int().min(1).max(1000).optional(),
  /** Calls a second, by the API's name of the call; each region has as many. */
  rate_limits: z.record(z.string().min(1), z.number().positive().max(10_000)).optional(),
  /** How many seconds the answer to a call is awaited. */
  call_timeout: z.number().positive().max(3600).optional(),
  /** The most megabytes that the answer to a call may have. */
  max_answer_mb: z.number().positive().max(1024).optional(),
  /** Whether a query goes on, with NULL and a notice, when the API fails that an outer join asks. */
  on_failure: z.enum(['error', 'notice']).optional(),
  /** Errors of the API that queries survive, by its codes; `*` stands for any run of characters, `?` for one. */
  ignore_error_codes: z.array(z.string().min(1)).optional(),
  /** The same, by regular expressions on what the API says. */
  ignore_error_messages: z.array(regularExpression).optional(),
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
