/** Whether a connection works: the check of an address that nobody has reported, which counts towards the day's quota. */
import type { CheckResult, CheckScan } from '@millrace/plugin-sdk'
import type { AbuseipdbConnection } from './connection.js'
import { isOfAddress } from './expected-answers.js'

export async function checkConnection(
  connection: AbuseipdbConnection,
  { call }: CheckScan,
): Promise<CheckResult> {
  const query = { ipAddress: '127.0.0.1', maxAgeInDays: '1' }
  await call('check', (signal) => connection.get('check', query, isOfAddress, signal))
  const quota = connection.quotaText('check')
  return { facts: quota === undefined ? {} : { quota } }
}
