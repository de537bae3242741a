/** shodan_api_info: what the plan has, and what is left of it. */
import { bigint, boolean, fieldsOf, jsonb, text } from '@millrace/plugin-sdk'
import { defineTable } from '../define-table.js'
import { isPlan } from '../expected-answers.js'
import { booleanOrNull, integerOrNull, jsonOrNull, textOrNull } from '../values.js'

export const shodanApiInfo = defineTable({
  name: 'shodan_api_info',
  description: "One row: the account's plan, and what is left of it this month.",
  columns: {
    plan: text('The name of the plan.'),
    query_credits: bigint('The query credits that are left.'),
    scan_credits: bigint('The scan credits that are left.'),
    https: boolean('Whether HTTPS is unlocked.'),
    monitored_ips: bigint('How many addresses are monitored.'),
    unlocked: boolean('Whether all filters are unlocked.'),
    unlocked_left: bigint('The unlocked credits that are left.'),
    usage_limits: jsonb('What the plan has each month: an object of numbers; -1 is without limit.'),
    telnet: boolean('Whether Telnet is unlocked.'),
  },
  keys: {},
  // What is left changes with every search.
  cache: { ttl: 0 },
  calls: [{ name: 'api-info' }],
  async *list({ call, connection }) {
    const data = fieldsOf(
      await call('api-info', (signal) => connection.get({ path: '/api-info', signal }, isPlan)),
    )
    yield [
      {
        plan: textOrNull(data.plan),
        query_credits: integerOrNull(data.query_credits),
        scan_credits: integerOrNull(data.scan_credits),
        https: booleanOrNull(data.https),
        monitored_ips: integerOrNull(data.monitored_ips),
        unlocked: booleanOrNull(data.unlocked),
        unlocked_left: integerOrNull(data.unlocked_left),
        usage_limits: jsonOrNull(data.usage_limits),
        telnet: booleanOrNull(data.telnet),
      },
    ]
  },
  examples: [
    {
      title: 'The credits that are left',
      sql: "select plan, query_credits, usage_limits -> 'query_credits' as of from shodan_api_info",
    },
  ],
})
