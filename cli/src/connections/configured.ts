/** The connections of the configuration, with their plugins. */
import { DatabaseError } from '@millrace/sql-engine/database-error'
import type { ConfiguredConnection } from '@millrace/sql-engine/fetch/open-connections'
import { isAggregator } from '../config/configuration.js'
import type { Settings } from '../config/settings.js'
import { UserError } from '../user-error.js'

/** A connection whose plugin cannot be loaded says so when it is asked. */
export async function loadConnections({ connections, home }: Settings): Promise<ConfiguredConnection[]> {
  const { loadPlugin } = await import('../plugins/load-plugin.js')
  return Promise.all(
    Object.entries(connections).map(async ([name, connection]): Promise<ConfiguredConnection> => {
      const plugin = await loadPlugin(connection.plugin, home).catch((error: unknown) => {
        if (error instanceof UserError) return error
        throw error
      })
      if (plugin instanceof UserError) {
        const error = new DatabaseError(plugin.message, { sqlState: 'F0000', cause: plugin })
        return { name, plugin: { name: connection.plugin, description: '' }, error }
      }
      if (isAggregator(connection)) {
        const { connections: members, on_member_failure: onMemberFailure } = connection
        return { name, plugin, members, onMemberFailure }
      }
      const { plugin: _, cache_ttl, max_concurrency, rate_limits, call_timeout, ...more } = connection
      const { max_answer_mb, ignore_error_codes, ignore_error_messages, ...settings } = more
      const limits = {
        maxConcurrency: max_concurrency,
        rates: rate_limits,
        callTimeout: milliseconds(call_timeout),
        maxAnswerBytes: max_answer_mb === undefined ? undefined : Math.round(max_answer_mb * 1024 ** 2),
      }
      const ignored = { codes: ignore_error_codes, messages: ignore_error_messages }
      return { name, plugin, settings, cacheTtl: milliseconds(cache_ttl), limits, ignored }
    }),
  )
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000
}
