/** Conditions on addresses as filters of DescribeAddresses. */
import {
  addressFilter,
  type ColumnFilters,
  filterForms,
  filterKeysOf,
  identifierForm,
} from '../../ec2/column-filters.js'

export const addressFilters = {
  allocation_id: { name: 'allocation-id', form: identifierForm('eipalloc') },
  public_ip: addressFilter('public-ip'),
  domain: { name: 'domain', form: /^(?:vpc|standard)$/ },
  association_id: { name: 'association-id', form: identifierForm('eipassoc') },
  instance_id: { name: 'instance-id', form: identifierForm('i') },
  network_border_group: { name: 'network-border-group', form: filterForms.word },
  network_interface_id: { name: 'network-interface-id', form: identifierForm('eni') },
  network_interface_owner_id: { name: 'network-interface-owner-id', form: filterForms.account },
  private_ip_address: addressFilter('private-ip-address'),
} as const satisfies ColumnFilters

export const filterKeys = filterKeysOf(addressFilters)
