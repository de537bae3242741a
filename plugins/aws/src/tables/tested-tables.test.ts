import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import plugin from '../plugin.js'

/** Those that Steampipe does not have. */
const ownTables = ['aws_cloudtrail_s3_event']

test.each(plugin.tables.filter(({ name }) => !ownTables.includes(name)))(
  "$name is compared with Steampipe's by the test beside it",
  ({ name }) => {
    const file = `${name.replace(/^aws_/, '').replaceAll('_', '-')}.test.ts`
    expect(readFileSync(new URL(file, import.meta.url), 'utf8')).toMatch(/^testSteampipe\(/m)
  },
)
