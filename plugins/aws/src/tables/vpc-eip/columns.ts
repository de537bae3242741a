/** Columns of aws_vpc_eip. */
import { inet, jsonb, text } from '@millrace/plugin-sdk'
import { identityColumns } from '../../columns/identity-columns.js'

export const columns = {
  allocation_id: text('The identifier of the address for use in a VPC.'),
  arn: text('The ARN of the address; NULL where it has no allocation_id.'),
  public_ip: inet('The elastic IP address itself.'),
  public_ipv4_pool: text('The pool that the address comes from; amazon for those of AWS.'),
  domain: text('Where the address can be used: vpc, or standard for EC2-Classic.'),
  association_id: text('The identifier of its association with an instance or a network interface.'),
  carrier_ip: text('The address in the network of a telecommunication carrier.'),
  customer_owned_ip: inet('The address out of a pool of the customer.'),
  customer_owned_ipv4_pool: text('The pool that this address comes from.'),
  instance_id: text('The instance that has the address.'),
  network_border_group: text('The zones or the region from which AWS announces the address.'),
  network_interface_id: text('The network interface that has the address.'),
  network_interface_owner_id: text('The account that owns this network interface.'),
  private_ip_address: inet('The private address that the elastic one leads to.'),
  tags_src: jsonb("The address's tags as a list of objects with Key and Value."),
  tags: jsonb("The address's tags as one object."),
  title: text('A title for the address: its allocation_id, else its public_ip.'),
  akas: jsonb('Globally unique names of the address: a list of its ARN.'),
  ...identityColumns,
}

export type AddressColumns = typeof columns
