/** shodan_scan: scans that the account has asked for. */
import { bigint, fieldsOf, text, timestamptz } from '@millrace/plugin-sdk'
import { defineTable } from '../define-table.js'
import { isPage } from '../expected-answers.js'
import { pagesOf } from '../pages.js'
import { integerOrNull, textOrNull, timeOrNull } from '../values.js'

export const shodanScan = defineTable({
  name: 'shodan_scan',
  description: 'The scans that the account has asked Shodan for.',
  columns: {
    id: text('The identifier of the scan.'),
    status: text('How far it is, such as DONE.'),
    created: timestamptz('When it was asked for.'),
    credits_left: bigint('The scan credits that were left then.'),
    size: bigint('How many addresses it is of.'),
    status_check: timestamptz('When its status was last looked at.'),
  },
  keys: {},
  calls: [{ name: 'shodan/scans' }],
  async *list(scan) {
    const { call, connection } = scan
    const ask = (page: number) =>
      call('shodan/scans', (signal) =>
        connection.get({ path: '/shodan/scans', query: { page: String(page) }, signal }, isPage),
      )
    for await (const matches of pagesOf(ask, scan)) {
      // Without the member api_key.
      yield matches.map(fieldsOf).map((match) => ({
        id: textOrNull(match.id),
        status: textOrNull(match.status),
        created: timeOrNull(match.created),
        credits_left: integerOrNull(match.credits_left),
        size: integerOrNull(match.size),
        status_check: timeOrNull(match.status_check),
      }))
    }
  },
  examples: [
    {
      title: 'Scans that are not done',
      sql: "select id, status, created from shodan_scan where status <> 'DONE'",
    },
  ],
})
