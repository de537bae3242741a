/** npm_package: packages of the npm registry, by name. */
import {
  bigint,
  equalValue,
  jsonb,
  type Row,
  tablesOf,
  text,
  timestamptz,
  toJsonText,
} from '@millrace/plugin-sdk'
import { z } from 'zod'
import type { NpmConnection } from './connection.js'

const columns = {
  name: text('The name of the package, with its scope if it has one.'),
  description: text('What the package is, in its own words.'),
  latest_version: text('The version that npm install gives.'),
  license: text('The licence, by its SPDX identifier where the package says so.'),
  homepage: text('Where the package is at home.'),
  created_at: timestamptz('When the first version was published.'),
  modified_at: timestamptz('When the package last changed.'),
  dist_tags: jsonb('Names of versions, such as latest or next: an object of versions by name.'),
  downloads_last_week: bigint('How often it was downloaded in the last seven days.'),
} as const

type PackageRow = Row<typeof columns>

/** An API may say anything: what is not as it should be gives NULL, and no query fails for it. */
const optionalText = z.string().nullish().catch(undefined)
const optionalTime = z.iso.datetime({ offset: true }).nullish().catch(undefined)

const packageAnswer = z.object({
  description: optionalText,
  license: optionalText,
  homepage: optionalText,
  time: z.object({ created: optionalTime, modified: optionalTime }).nullish().catch(undefined),
  'dist-tags': z.record(z.string(), z.string()).nullish().catch(undefined),
})

const downloadsAnswer = z.object({ downloads: z.int() })

const defineTable = tablesOf<NpmConnection>()

export const npmPackage = defineTable({
  name: 'npm_package',
  description: 'Packages of the npm registry. Each package that a query names takes one call.',
  columns,
  // The registry cannot be asked for all packages, so a query must say which: it is an error not to.
  keys: { name: { operators: ['='], require: 'required', valuesPerCall: 1 } },
  async *list(scan) {
    const name = equalValue(scan.quals.name)
    if (name === undefined) return
    const answer = await scan.call('GET /{package}', (signal) => scan.connection.package(name, signal))
    if (answer !== undefined) yield [rowOf(name, packageAnswer.parse(answer))]
  },
  hydrate: {
    // Another call for each row, and so made only when a query names the column.
    downloads: {
      columns: ['downloads_last_week'],
      async fetch({ name }, scan) {
        const answer = await scan.call('GET /downloads/point/last-week/{package}', (signal) =>
          scan.connection.lastWeek(String(name), signal),
        )
        const { data } = downloadsAnswer.safeParse(answer)
        return { downloads_last_week: data?.downloads }
      },
    },
  },
  examples: [
    {
      title: 'Licences of some packages',
      sql: "select name, latest_version, license from npm_package where name in ('pg', 'zod', 'pino')",
    },
    {
      title: 'Which of some packages has been left alone for longest',
      sql: `select name, modified_at, downloads_last_week
from npm_package
where name = any (array['pg', 'zod', 'pino'])
order by modified_at
limit 1`,
    },
  ],
})

function rowOf(name: string, answer: z.infer<typeof packageAnswer>): PackageRow {
  return {
    // As it was asked for: a row must have the value of the key that it was fetched for.
    name,
    description: answer.description,
    latest_version: answer['dist-tags']?.latest,
    license: answer.license,
    homepage: answer.homepage,
    created_at: answer.time?.created,
    modified_at: answer.time?.modified,
    dist_tags: toJsonText(answer['dist-tags']),
  }
}
