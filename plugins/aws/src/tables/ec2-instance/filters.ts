/** Conditions on instances as filters of DescribeInstances. */
import { addressFilter, type ColumnFilters, filterForms, identifierForm } from '../../ec2/column-filters.js'

export const instanceFilters = {
  instance_id: { name: 'instance-id', form: identifierForm('i') },
  instance_type: { name: 'instance-type', form: /^[a-z0-9-]+\.[a-z0-9-]+$/ },
  instance_state: {
    name: 'instance-state-name',
    form: /^(?:pending|running|shutting-down|terminated|stopping|stopped)$/,
  },
  /** States between these two have no value of the filter. */
  monitoring_state: { name: 'monitoring-state', form: /^(?:disabled|enabled)$/ },
  hypervisor: { name: 'hypervisor', form: /^(?:ovm|xen)$/ },
  iam_instance_profile_arn: { name: 'iam-instance-profile.arn', form: filterForms.arn },
  image_id: { name: 'image-id', form: identifierForm('ami') },
  instance_lifecycle: { name: 'instance-lifecycle', form: /^(?:spot|scheduled|capacity-block)$/ },
  outpost_arn: { name: 'outpost-arn', form: filterForms.arn },
  placement_availability_zone: { name: 'availability-zone', form: filterForms.word },
  placement_group_name: { name: 'placement-group-name', form: /^[\w.-]{1,255}$/ },
  placement_tenancy: { name: 'tenancy', form: /^(?:dedicated|default|host)$/ },
  private_ip_address: addressFilter('private-ip-address'),
  public_dns_name: { name: 'dns-name', form: filterForms.hostname },
  public_ip_address: addressFilter('ip-address'),
  ram_disk_id: { name: 'ramdisk-id', form: identifierForm('ari') },
  root_device_name: { name: 'root-device-name', form: /^\/dev\/[a-z0-9]+$/ },
  root_device_type: { name: 'root-device-type', form: /^(?:ebs|instance-store)$/ },
  subnet_id: { name: 'subnet-id', form: identifierForm('subnet') },
  virtualization_type: { name: 'virtualization-type', form: /^(?:paravirtual|hvm)$/ },
  vpc_id: { name: 'vpc-id', form: identifierForm('vpc') },
} as const satisfies ColumnFilters
