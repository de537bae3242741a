/** Whether tables of a Steampipe plugin keep what they promise as tables of Millrace. */
import { setMaxListeners } from 'node:events'
import { testConformance } from '@millrace/plugin-sdk/conformance'
import { steampipePlugin } from '@millrace/plugin-steampipe/steampipe-plugin'
import { describe, test } from 'vitest'
import { bridgePlugin, hasGo } from '../testing/bridge-plugin.js'

/** Those that always say the same. */
const steady = [
  'bridge_any_of',
  'bridge_child',
  'bridge_item',
  'bridge_lookup',
  'bridge_many',
  'bridge_region',
  'bridge_type',
]

if (hasGo()) {
  const plugin = steampipePlugin({ name: 'bridge', path: await bridgePlugin() })
  // The name that the suite's scans have.
  const context = { connectionName: 'test', environment: { PATH: process.env.PATH } }
  const connect = () => plugin.connect({}, context)
  const connection = connect()
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  const found =
    typeof plugin.tables === 'function' ? await plugin.tables({}, { ...context, signal }) : plugin.tables
  await plugin.close?.(connection)
  testConformance(
    { describe, test },
    {
      plugin,
      connect,
      foundTables: found.filter(({ name }) => steady.includes(name)),
      tables: {
        bridge_any_of: { ask: { name: ['number 7', 'number 8'] } },
        bridge_lookup: {
          ask: { key: ['a', 'b'] },
          values: { mode: ['prefix'] },
          unseen: { mode: 'has a value where it is asked for' },
        },
        bridge_many: {
          ask: { count: [10n, 20n] },
          exceptions: {
            'unasked columns':
              'rows that are alike are asked for once more, each key by itself: count alone is so',
          },
        },
        // The others have values that PostgreSQL does not take.
        bridge_type: { ask: { name: ['usual', 'zero', 'large'] } },
      },
    },
  )
} else test.skip('there is no Go')
