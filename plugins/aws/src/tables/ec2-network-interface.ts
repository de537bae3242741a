/**
 * aws_ec2_network_interface: network interfaces, and whose addresses they have, by DescribeNetworkInterfaces in each
 * region.
 */
import type { NetworkInterface } from '@aws-sdk/client-ec2'
import { bigint, boolean, inet, jsonb, type Row, text, timestamptz } from '@millrace/plugin-sdk'
import {
  type IdentityValues,
  identityColumns,
  identityKeys,
  identityOfScan,
} from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import { tagObjectOrNull } from '../columns/tag-object.js'
import { defineTable } from '../connection/define-table.js'
import { filterKeysOf, filtersOf } from '../ec2/column-filters.js'
import { describeRegions } from '../ec2/describe-calls.js'
import { ec2Arn } from '../ec2/ec2-arn.js'
import { withoutEmpty } from '../ec2/without-empty.js'
import { callsOf } from '../services/aws-service.js'
import { ec2 } from '../services/ec2.js'
import { interfaceFilters } from './ec2-network-interface/filters.js'

const columns = {
  network_interface_id: text('The identifier of the network interface.'),
  status: text('The state of the network interface, such as in-use or available.'),
  interface_type: text('What kind of interface it is, such as interface, nat_gateway or lambda.'),
  description: text('What the interface is for, in the words of who made it.'),
  availability_zone: text('The availability zone that it is in.'),
  owner_id: text('The account that owns the interface.'),
  deny_all_igw_traffic: boolean('Whether an IPv6 address of it cannot be reached from the internet.'),
  ipv6_native: boolean('Whether it has IPv6 only.'),
  ipv6_address: text('The IPv6 address of the interface.'),
  association_allocation_id: text('The allocation of the elastic IP address that it has.'),
  association_carrier_ip: inet('The address that it has in the network of a telecommunication carrier.'),
  association_customer_owned_ip: inet('The address that it has out of a pool of the customer.'),
  association_id: text('The identifier of its association with that address.'),
  association_ip_owner_id: text('The account that owns this address; amazon for those of AWS.'),
  association_public_dns_name: text('The public name of the address.'),
  association_public_ip: inet('The public address of the interface.'),
  attached_instance_id: text('The instance that has the interface.'),
  attached_instance_owner_id: text('The account that owns this instance.'),
  attachment_id: text('The identifier of the attachment to the instance.'),
  attachment_status: text('The state of the attachment, such as attached.'),
  attachment_time: timestamptz('When the interface was attached.'),
  delete_on_instance_termination: boolean('Whether the interface ends with the instance.'),
  device_index: bigint('The number of the interface at the instance; 0 is the first.'),
  mac_address: text('The MAC address of the interface.'),
  outpost_arn: text('The ARN of the Outpost that it is on.'),
  private_dns_name: text('The private name of the interface.'),
  private_ip_address: inet('The main private address of the interface.'),
  requester_id: text('Who made the interface for somebody else, such as amazon-elb.'),
  requester_managed: boolean('Whether AWS manages the interface.'),
  source_dest_check: boolean('Whether only traffic from or to its own addresses may pass.'),
  subnet_id: text('The subnet that it is in.'),
  vpc_id: text('The VPC that it is in.'),
  groups: jsonb('The security groups of the interface, as a list.'),
  ipv6_addresses: jsonb('All IPv6 addresses of the interface, as a list.'),
  private_ip_addresses: jsonb(
    'All private addresses of the interface with the public ones that lead to them, as a list.',
  ),
  connection_tracking_configuration: jsonb('After which times without traffic a connection is forgotten.'),
  ipv6_prefixes: jsonb('The IPv6 prefixes of the interface, as a list.'),
  ipv4_prefixes: jsonb('The IPv4 prefixes of the interface, as a list.'),
  tags_src: jsonb("The interface's tags as a list of objects with Key and Value."),
  title: text('A title for the interface: its identifier.'),
  tags: jsonb("The interface's tags as one object."),
  akas: jsonb('Globally unique names of the interface: a list of its ARN.'),
  ...identityColumns,
}

export const ec2NetworkInterface = defineTable({
  name: 'aws_ec2_network_interface',
  description:
    'Network interfaces of VPCs, with their addresses: of instances, load balancers, NAT gateways, functions and other ' +
    'services.',
  columns,
  calls: callsOf(ec2, 'DescribeNetworkInterfaces'),
  keys: { ...filterKeysOf(interfaceFilters), ...identityKeys },
  async *list(scan) {
    const identity = await identityOfScan(scan, scan.quals.account_id, ['akas'])
    if (identity === undefined) return
    yield* describeRegions(
      {
        name: 'DescribeNetworkInterfaces',
        filters: filtersOf(interfaceFilters, scan.quals),
        async send(client, input, options) {
          const answer = await client.describeNetworkInterfaces(input, options)
          return { items: answer.NetworkInterfaces ?? [], token: answer.NextToken }
        },
      },
      scan,
      (each, region) => rowOf(each, region, identity),
    )
  },
  examples: [
    {
      title: 'What has an address',
      sql: `select network_interface_id, interface_type, description, attached_instance_id
from aws_ec2_network_interface
where association_public_ip = '157.230.162.15'`,
    },
    {
      title: 'Interfaces that can be reached from outside, and their security groups',
      sql: `select n.network_interface_id, n.association_public_ip, g ->> 'GroupName' as security_group
from aws_ec2_network_interface n, jsonb_array_elements(n.groups) as g
where n.association_public_ip is not null`,
    },
    {
      title: 'Requests of the trail that came from own machines',
      sql: `select e.timestamp, e.event_name, n.attached_instance_id, n.description
from aws_cloudtrail_trail_event e
join aws_ec2_network_interface n on n.association_public_ip = e.source_ip_address::inet
where e.log_group_name = 'cloudtrail-cwg-devto' and e.source_ip_address ~ '^\\d+\\.\\d+'`,
    },
    {
      title: 'Interfaces that nothing uses',
      sql: "select network_interface_id, subnet_id from aws_ec2_network_interface where status = 'available'",
    },
  ],
})

function rowOf(each: NetworkInterface, region: string, identity: IdentityValues): Row<typeof columns> {
  const own = withoutEmpty(each)
  const association = withoutEmpty(own.Association)
  const attachment = withoutEmpty(own.Attachment)
  const arn = ec2Arn('network-interface', own.NetworkInterfaceId, region, identity)
  return {
    network_interface_id: own.NetworkInterfaceId,
    status: own.Status,
    interface_type: own.InterfaceType,
    description: own.Description,
    availability_zone: own.AvailabilityZone,
    owner_id: own.OwnerId,
    deny_all_igw_traffic: own.DenyAllIgwTraffic,
    ipv6_native: own.Ipv6Native,
    ipv6_address: own.Ipv6Address,
    association_allocation_id: association.AllocationId,
    association_carrier_ip: association.CarrierIp,
    association_customer_owned_ip: association.CustomerOwnedIp,
    association_id: association.AssociationId,
    association_ip_owner_id: association.IpOwnerId,
    association_public_dns_name: association.PublicDnsName,
    association_public_ip: association.PublicIp,
    attached_instance_id: attachment.InstanceId,
    attached_instance_owner_id: attachment.InstanceOwnerId,
    attachment_id: attachment.AttachmentId,
    attachment_status: attachment.Status,
    attachment_time: attachment.AttachTime,
    delete_on_instance_termination: attachment.DeleteOnTermination,
    device_index: attachment.DeviceIndex,
    mac_address: own.MacAddress,
    outpost_arn: own.OutpostArn,
    private_dns_name: own.PrivateDnsName,
    private_ip_address: own.PrivateIpAddress,
    requester_id: own.RequesterId,
    requester_managed: own.RequesterManaged,
    source_dest_check: own.SourceDestCheck,
    subnet_id: own.SubnetId,
    vpc_id: own.VpcId,
    groups: jsonOrNull(own.Groups),
    ipv6_addresses: jsonOrNull(own.Ipv6Addresses),
    private_ip_addresses: jsonOrNull(own.PrivateIpAddresses),
    connection_tracking_configuration: jsonOrNull(own.ConnectionTrackingConfiguration),
    ipv6_prefixes: jsonOrNull(own.Ipv6Prefixes),
    ipv4_prefixes: jsonOrNull(own.Ipv4Prefixes),
    tags_src: jsonOrNull(own.TagSet),
    title: own.NetworkInterfaceId,
    tags: tagObjectOrNull(own.TagSet),
    akas: jsonOrNull(arn === undefined ? undefined : [arn]),
    region,
    ...identity,
  }
}
