/** What `millrace connection test` finds out: whether the API answers to the first table that needs no key. */
import type { CheckResult, CheckScan } from '@millrace/plugin-sdk'
import type { ApiClient } from './requests/api-client.js'
import { Pages } from './requests/pages.js'
import { filledTarget, placeholdersOf } from './template.js'

export async function checkConnection(client: ApiClient, scan: CheckScan): Promise<CheckResult> {
  const keyless = Object.entries(client.tables).find(
    ([, { path, required }]) => placeholdersOf([path]).length === 0 && required.length === 0,
  )
  if (keyless === undefined) return { facts: {}, missing: ['every table needs a key: nothing was asked'] }
  const [name, settings] = keyless
  const { path, paging, no_rows: noRows } = settings
  const first = { path: `${client.basePath}${filledTarget(settings, new Map())}` }
  const target = new Pages(client, paging, first).begin()
  await scan.call(`GET ${path}`, (signal) => client.get(target, noRows, signal))
  return { facts: { asked: `${name}, GET ${path}` } }
}
