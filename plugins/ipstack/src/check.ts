/** Whether a connection works: one lookup of the address that asks, which counts towards the plan. */
import type { CheckResult, CheckScan } from '@millrace/plugin-sdk'
import type { IpstackConnection } from './connection.js'
import { lookUpRequester } from './lookup.js'

export async function checkConnection(
  connection: IpstackConnection,
  { call }: CheckScan,
): Promise<CheckResult> {
  const answer = await lookUpRequester({
    connection,
    call,
    columns: new Set(['ip', 'country_name', 'city'] as const),
  })
  const { ip, city, country_name: country } = Object(answer)
  const place = [city, country].filter((part) => typeof part === 'string').join(', ')
  return { facts: { 'address of this machine': `${ip}${place === '' ? '' : ` (${place})`}` } }
}
