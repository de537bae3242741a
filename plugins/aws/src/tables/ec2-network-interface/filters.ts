/**
 * Conditions on network interfaces as filters of DescribeNetworkInterfaces. In what form attachment.attach-time takes a
 * time is not documented, so that a condition on it stays with PostgreSQL.
 */
import {
  addressFilter,
  booleanFilter,
  type ColumnFilters,
  filterForms,
  identifierForm,
} from '../../ec2/column-filters.js'

export const interfaceFilters = {
  network_interface_id: { name: 'network-interface-id', form: identifierForm('eni') },
  status: { name: 'status', form: filterForms.word },
  description: { name: 'description', form: /^(?! )[\w .:,;/()#@+=&{}[\]!$-]{1,255}(?<! )$/ },
  availability_zone: { name: 'availability-zone', form: filterForms.word },
  owner_id: { name: 'owner-id', form: filterForms.account },
  association_allocation_id: { name: 'association.allocation-id', form: identifierForm('eipalloc') },
  association_id: { name: 'association.association-id', form: identifierForm('eipassoc') },
  association_ip_owner_id: { name: 'association.ip-owner-id', form: filterForms.word },
  association_public_dns_name: { name: 'association.public-dns-name', form: filterForms.hostname },
  association_public_ip: addressFilter('association.public-ip'),
  attached_instance_id: { name: 'attachment.instance-id', form: identifierForm('i') },
  attached_instance_owner_id: { name: 'attachment.instance-owner-id', form: filterForms.word },
  attachment_id: { name: 'attachment.attachment-id', form: identifierForm('[a-z]+-attach') },
  attachment_status: { name: 'attachment.status', form: filterForms.word },
  delete_on_instance_termination: booleanFilter('attachment.delete-on-termination'),
  mac_address: { name: 'mac-address', form: /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/ },
  private_dns_name: { name: 'private-dns-name', form: filterForms.hostname },
  private_ip_address: addressFilter('private-ip-address'),
  requester_id: { name: 'requester-id', form: /^[\w+=,.@:-]+$/ },
  requester_managed: booleanFilter('requester-managed'),
  source_dest_check: booleanFilter('source-dest-check'),
  subnet_id: { name: 'subnet-id', form: identifierForm('subnet') },
  vpc_id: { name: 'vpc-id', form: identifierForm('vpc') },
} as const satisfies ColumnFilters
