/** Whether a connection works: its DNS server is asked for the servers of the root, which every one knows. */
import type { CheckResult, CheckScan } from '@millrace/plugin-sdk'
import type { NetConnection } from './connection.js'

export async function checkConnection(
  { dns }: NetConnection,
  { call }: CheckScan,
): Promise<CheckResult> {
  await call('NS', (signal) => dns.records({ name: '.', type: 'NS' }, undefined, signal))
  return { facts: { 'DNS server': dns.server } }
}
