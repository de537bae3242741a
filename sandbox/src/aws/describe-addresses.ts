/** DescribeAddresses: a region's elastic IP addresses, all in one answer. */
import type { AddressStore, ElasticAddress } from './address-store.js'
import type { AwsContext, Serialized } from './aws-service.js'
import { type FilterReaders, filtered, type Parameters } from './ec2-filters.js'
import { tagSet, xmlMembers } from './xml-members.js'

const filters: FilterReaders<ElasticAddress> = {
  'allocation-id': ({ allocationId }) => allocationId,
  'association-id': ({ associationId }) => associationId,
  domain: ({ domain }) => domain,
  'instance-id': ({ instanceId }) => instanceId,
  'network-border-group': ({ networkBorderGroup }) => networkBorderGroup,
  'network-interface-id': ({ networkInterfaceId }) => networkInterfaceId,
  'network-interface-owner-id': ({ networkInterfaceOwnerId }) => networkInterfaceOwnerId,
  'private-ip-address': ({ privateIpAddress }) => privateIpAddress,
  'public-ip': ({ publicIp }) => publicIp,
}

export function describeAddresses(
  parameters: Parameters,
  context: AwsContext,
  store: AddressStore,
): Serialized {
  const found = filtered(store.inRegion(context.region), parameters, filters)
  const addressesSet = found.map(({ region, tags, ...members }) => ({ ...members, tagSet: tagSet(tags) }))
  return { text: xmlMembers({ addressesSet }, 'item') }
}
