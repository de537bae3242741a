/** ipstack_my_ip: where this server is, as the internet sees it. */
import { columns } from '../columns.js'
import { defineTable } from '../define-table.js'
import { lookUpRequester } from '../lookup.js'
import { rowReader } from '../row-reader.js'

export const ipstackMyIp = defineTable({
  name: 'ipstack_my_ip',
  description: 'One row: the address from which this server reaches the internet, and where that is.',
  columns,
  keys: {},
  async *list(scan) {
    yield [rowReader(scan.columns)(await lookUpRequester(scan))]
  },
  examples: [
    { title: 'The address of this server', sql: 'select ip, country_name, city from ipstack_my_ip' },
    {
      title: 'The time where this server is',
      sql: 'select timezone_id, timezone_current_time from ipstack_my_ip',
    },
    { title: "The server's provider", sql: 'select ip, asn, isp from ipstack_my_ip' },
  ],
})
