/**
 * aws_vpc_eip: elastic IP addresses, by DescribeAddresses in each region.
 */
import type { Address } from '@aws-sdk/client-ec2'
import type { Row, Scan } from '@millrace/plugin-sdk'
import { awsCall } from '../calls/aws-call.js'
import { type IdentityValues, identityKeys, identityOfScan } from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import { tagObjectOrNull } from '../columns/tag-object.js'
import type { AwsConnection } from '../connection/connection.js'
import { defineTable } from '../connection/define-table.js'
import { filtersOf } from '../ec2/column-filters.js'
import { ec2Arn } from '../ec2/ec2-arn.js'
import { withoutEmpty } from '../ec2/without-empty.js'
import { eachRegion } from '../regions/each-region.js'
import { regionsOfScan } from '../regions/regions.js'
import { callsOf } from '../services/aws-service.js'
import { ec2 } from '../services/ec2.js'
import { type AddressColumns, columns } from './vpc-eip/columns.js'
import { addressFilters, filterKeys } from './vpc-eip/filters.js'

type AddressScan = Scan<AwsConnection, AddressColumns>
type AddressRow = Row<AddressColumns>

export const vpcEip = defineTable({
  name: 'aws_vpc_eip',
  description: 'Elastic IP addresses.',
  columns,
  calls: callsOf(ec2, 'DescribeAddresses'),
  keys: {
    ...filterKeys,
    ...identityKeys,
  },
  async *list(scan) {
    const identity = await identityOfScan(scan, scan.quals.account_id, ['arn', 'akas'])
    if (identity === undefined) return
    const regions = await regionsOfScan(scan, scan.quals.region)
    yield* eachRegion(regions, scan, (region) => addressesOf(region, identity, scan))
  },
  examples: [
    {
      title: 'Addresses that nothing uses, which cost all the same',
      sql: 'select public_ip, allocation_id, region from aws_vpc_eip where association_id is null',
    },
    {
      title: 'Which instance has an address',
      sql: "select instance_id, private_ip_address, tags ->> 'Name' from aws_vpc_eip where public_ip = '54.85.112.7'",
    },
    {
      title: 'Where the addresses are',
      sql: `select e.public_ip, e.instance_id, i.city, i.country_name
from aws_vpc_eip e
join ipstack_ip i on i.ip = e.public_ip`,
    },
  ],
})

async function* addressesOf(
  region: string,
  identity: IdentityValues,
  scan: AddressScan,
): AsyncGenerator<readonly AddressRow[]> {
  const filters = filtersOf(addressFilters, scan.quals)
  const asked = filters.length > 0 ? { Filters: filters } : {}
  const { Addresses = [] } = await awsCall(scan, 'DescribeAddresses', region, async (abortSignal) =>
    (await scan.connection.client(ec2, region)).describeAddresses(asked, { abortSignal }),
  )
  yield Addresses.map((address) => rowOf(withoutEmpty(address), region, identity))
}

function rowOf(address: Partial<Address>, region: string, identity: IdentityValues): AddressRow {
  const { AllocationId, PublicIp, Tags } = address
  const arn = ec2Arn('elastic-ip', AllocationId, region, identity)
  return {
    allocation_id: AllocationId,
    arn,
    public_ip: PublicIp,
    public_ipv4_pool: address.PublicIpv4Pool,
    domain: address.Domain,
    association_id: address.AssociationId,
    carrier_ip: address.CarrierIp,
    customer_owned_ip: address.CustomerOwnedIp,
    customer_owned_ipv4_pool: address.CustomerOwnedIpv4Pool,
    instance_id: address.InstanceId,
    network_border_group: address.NetworkBorderGroup,
    network_interface_id: address.NetworkInterfaceId,
    network_interface_owner_id: address.NetworkInterfaceOwnerId,
    private_ip_address: address.PrivateIpAddress,
    tags_src: jsonOrNull(Tags),
    tags: tagObjectOrNull(Tags),
    title: AllocationId ?? PublicIp,
    akas: jsonOrNull(arn === undefined ? undefined : [arn]),
    region,
    ...identity,
  }
}
