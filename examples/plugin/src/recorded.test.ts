/**
 * The table over what the registry has really answered, with no network. `MILLRACE_RECORD=1 npm test` asks the registry again,
 * and writes the recording anew.
 */
import { collectRows, recordedHttp } from '@millrace/plugin-sdk/testing'
import { expect, test } from 'vitest'
import { npmPackage } from './npm-package.js'
import plugin from './plugin.js'

test('npm_package has what the registry says', async () => {
  const http = await recordedHttp(new URL('recordings/noop2.json', import.meta.url))
  const connection = plugin.connect(plugin.config.parse({}), { connectionName: 'npm', environment: {} })
  try {
    const rows = await collectRows(npmPackage, {
      connection,
      columns: ['name', 'latest_version', 'dist_tags'],
      quals: { name: [{ operator: '=', values: ['noop2'] }] },
    })
    expect(rows).toMatchObject([{ name: 'noop2', latest_version: '2.0.0', dist_tags: '{"latest":"2.0.0"}' }])
    expect(http.requests).toEqual(['GET https://registry.npmjs.org/noop2'])
  } finally {
    await plugin.close?.(connection)
    await http.end()
  }
})
