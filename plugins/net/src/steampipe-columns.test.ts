import { readFileSync } from 'node:fs'
import { differencesFromSteampipe } from '@millrace/plugin-sdk/testing'
import { expect, test } from 'vitest'
import plugin from './plugin.js'

test("tables have Steampipe's columns, in its order, with its types", () => {
  const list = readFileSync(new URL('testing/steampipe-columns.tsv', import.meta.url), 'utf8')
  expect(differencesFromSteampipe(plugin, list)).toEqual([])
})
