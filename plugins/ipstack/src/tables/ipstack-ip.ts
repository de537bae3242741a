/** ipstack_ip: where IP addresses are. */
import { equalValues } from '@millrace/plugin-sdk'
import { isAddress } from '../address.js'
import { columns } from '../columns.js'
import { mostAddresses } from '../connection.js'
import { defineTable } from '../define-table.js'
import { lookUp } from '../lookup.js'
import { rowReader } from '../row-reader.js'

export const ipstackIp = defineTable({
  name: 'ipstack_ip',
  description:
    'Where an IP address is, and whose. Each distinct address that a query asks for takes one lookup of the ' +
    "plan's; a private or unknown address has a row of NULLs.",
  columns,
  keys: { ip: { operators: ['='], require: 'required', valuesPerCall: mostAddresses, hostsOnly: true } },
  // The place of an address seldom changes, and each lookup counts against the plan.
  cache: { ttl: 86_400, lookup: 'ip', persist: true },
  async *list(scan) {
    // A network is not an address: no address equals it, so it has no row.
    const addresses = (equalValues(scan.quals.ip) ?? []).filter(isAddress).slice(0, scan.limit)
    if (addresses.length === 0) return
    const readRow = rowReader(scan.columns)
    const answers = await lookUp(addresses, scan)
    // The address is shown as it was asked for, however the API spells it.
    yield answers.map((answer, index) => ({ ...readRow(answer), ip: addresses[index] }))
  },
  examples: [
    {
      title: 'Where an address is',
      sql: "select continent_name, country_name, region_name, city from ipstack_ip where ip = '104.53.216.85'",
    },
    {
      title: 'Where the requests in a trail came from',
      sql: `select i.country_name, i.city, count(*)
from (
  select source_ip_address::inet as ip
  from aws_cloudtrail_trail_event
  where log_group_name = 'cloudtrail-cwg-devto' and source_ip_address ~ '^\\d+\\.\\d+\\.\\d+\\.\\d+$'
) e
join ipstack_ip i on i.ip = e.ip
group by i.country_name, i.city
order by count(*) desc`,
    },
    {
      title: 'Languages that are spoken at some addresses',
      sql: `select ip, country_name, language ->> 'name' as language
from ipstack_ip, jsonb_array_elements(location_languages) as language
where ip in ('82.102.17.180', '89.248.165.99')`,
    },
    {
      title: 'Networks that addresses belong to',
      sql: "select ip, asn, isp from ipstack_ip where ip = any (array['104.53.216.85', '107.170.20.63']::inet[])",
    },
  ],
})
