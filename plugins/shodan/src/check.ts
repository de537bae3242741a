/** Whether a connection works: what Shodan says of the key's plan, which costs nothing. */

import type { CheckResult, CheckScan } from '@millrace/plugin-sdk'
import { fieldsOf } from '@millrace/plugin-sdk'
import type { ShodanConnection } from './connection.js'
import { isPlan } from './expected-answers.js'

export async function checkConnection(
  connection: ShodanConnection,
  { call }: CheckScan,
): Promise<CheckResult> {
  const { plan, query_credits: credits } = fieldsOf(
    await call('api-info', (signal) => connection.get({ path: '/api-info', signal }, isPlan)),
  )
  return { facts: { plan: String(plan), 'query credits left': String(credits) } }
}
