/**
 * aws_ec2_instance: instances of EC2, by DescribeInstances in each region.
 */
import type { Instance } from '@aws-sdk/client-ec2'
import type { Row } from '@millrace/plugin-sdk'
import { type IdentityValues, identityKeys, identityOfScan } from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import { tagObjectOrNull } from '../columns/tag-object.js'
import { defineTable } from '../connection/define-table.js'
import { filterKeysOf, filtersOf } from '../ec2/column-filters.js'
import { describeRegions } from '../ec2/describe-calls.js'
import { ec2Arn } from '../ec2/ec2-arn.js'
import { withoutEmpty } from '../ec2/without-empty.js'
import { callsOf } from '../services/aws-service.js'
import { ec2 } from '../services/ec2.js'
import { columns, type InstanceColumns } from './ec2-instance/columns.js'
import { instanceDetails } from './ec2-instance/details.js'
import { instanceFilters } from './ec2-instance/filters.js'
import { stateTransitionTime } from './ec2-instance/state-transition-time.js'

export const ec2Instance = defineTable({
  name: 'aws_ec2_instance',
  description: 'Instances of EC2, with those that were terminated within the last hour.',
  columns,
  calls: callsOf(
    ec2,
    'DescribeInstances',
    'DescribeInstanceAttribute',
    'DescribeInstanceStatus',
    'GetLaunchTemplateData',
  ),
  keys: { ...filterKeysOf(instanceFilters), ...identityKeys },
  async *list(scan) {
    const identity = await identityOfScan(scan, scan.quals.account_id, ['arn', 'akas'])
    if (identity === undefined) return
    yield* describeRegions(
      {
        name: 'DescribeInstances',
        filters: filtersOf(instanceFilters, scan.quals),
        async send(client, input, options) {
          const answer = await client.describeInstances(input, options)
          const items = (answer.Reservations ?? []).flatMap(({ Instances = [] }) => Instances)
          return { items, token: answer.NextToken }
        },
      },
      scan,
      (each, region) => rowOf(each, region, identity),
    )
  },
  hydrate: instanceDetails,
  examples: [
    {
      title: 'Which instance has an address',
      sql: "select instance_id, title, instance_state, vpc_id from aws_ec2_instance where public_ip_address = '54.85.112.7'",
    },
    {
      title: 'Running instances whose metadata service answers without a token',
      sql: `select instance_id, title, region
from aws_ec2_instance
where instance_state = 'running' and metadata_options ->> 'HttpTokens' = 'optional'`,
    },
    {
      title: 'Instances that requests of the trail came from, and their roles',
      sql: `select i.instance_id, i.title, i.iam_instance_profile_arn, count(*)
from aws_cloudtrail_trail_event e
join aws_ec2_instance i on i.public_ip_address = e.source_ip_address::inet
where e.log_group_name = 'cloudtrail-cwg-devto' and e.source_ip_address ~ '^\\d+\\.\\d+'
group by i.instance_id, i.title, i.iam_instance_profile_arn`,
    },
    {
      title: 'Instances whose checks fail',
      sql: `select instance_id, instance_status -> 'InstanceStatus' ->> 'Status' as instance,
  instance_status -> 'SystemStatus' ->> 'Status' as system
from aws_ec2_instance
where instance_state = 'running' and instance_status -> 'InstanceStatus' ->> 'Status' <> 'ok'`,
    },
  ],
})

function rowOf(instance: Instance, region: string, identity: IdentityValues): Row<InstanceColumns> {
  const own = withoutEmpty(instance)
  const placement = withoutEmpty(own.Placement)
  const arn = ec2Arn('instance', own.InstanceId, region, identity)
  return {
    instance_id: own.InstanceId,
    arn,
    instance_type: own.InstanceType,
    instance_state: own.State?.Name,
    monitoring_state: own.Monitoring?.State,
    ami_launch_index: own.AmiLaunchIndex,
    architecture: own.Architecture,
    boot_mode: own.BootMode,
    current_instance_boot_mode: own.CurrentInstanceBootMode,
    ipv6_address: own.Ipv6Address,
    capacity_reservation_id: own.CapacityReservationId,
    capacity_reservation_specification: jsonOrNull(own.CapacityReservationSpecification),
    client_token: own.ClientToken,
    cpu_options_core_count: own.CpuOptions?.CoreCount,
    cpu_options_threads_per_core: own.CpuOptions?.ThreadsPerCore,
    ebs_optimized: own.EbsOptimized,
    ena_support: own.EnaSupport,
    hypervisor: own.Hypervisor,
    iam_instance_profile_arn: own.IamInstanceProfile?.Arn,
    iam_instance_profile_id: own.IamInstanceProfile?.Id,
    image_id: own.ImageId,
    instance_lifecycle: own.InstanceLifecycle,
    kernel_id: own.KernelId,
    key_name: own.KeyName,
    launch_time: own.LaunchTime,
    outpost_arn: own.OutpostArn,
    placement_affinity: placement.Affinity,
    placement_availability_zone: placement.AvailabilityZone,
    placement_group_id: placement.GroupId,
    placement_group_name: placement.GroupName,
    placement_host_id: placement.HostId,
    placement_host_resource_group_arn: placement.HostResourceGroupArn,
    placement_partition_number: placement.PartitionNumber,
    placement_tenancy: placement.Tenancy,
    platform: own.Platform,
    platform_details: own.PlatformDetails,
    private_ip_address: own.PrivateIpAddress,
    private_dns_name: own.PrivateDnsName,
    public_dns_name: own.PublicDnsName,
    public_ip_address: own.PublicIpAddress,
    ram_disk_id: own.RamdiskId,
    root_device_name: own.RootDeviceName,
    root_device_type: own.RootDeviceType,
    source_dest_check: own.SourceDestCheck,
    spot_instance_request_id: own.SpotInstanceRequestId,
    sriov_net_support: own.SriovNetSupport,
    state_code: own.State?.Code,
    state_transition_reason: own.StateTransitionReason,
    state_transition_time: stateTransitionTime(own),
    subnet_id: own.SubnetId,
    tpm_support: own.TpmSupport,
    usage_operation: own.UsageOperation,
    usage_operation_update_time: own.UsageOperationUpdateTime?.toISOString(),
    virtualization_type: own.VirtualizationType,
    vpc_id: own.VpcId,
    block_device_mappings: jsonOrNull(own.BlockDeviceMappings),
    elastic_gpu_associations: jsonOrNull(own.ElasticGpuAssociations),
    elastic_inference_accelerator_associations: jsonOrNull(own.ElasticInferenceAcceleratorAssociations),
    enclave_options: jsonOrNull(own.EnclaveOptions),
    hibernation_options: jsonOrNull(own.HibernationOptions),
    state_reason: jsonOrNull(own.StateReason),
    licenses: jsonOrNull(own.Licenses),
    maintenance_options: jsonOrNull(own.MaintenanceOptions),
    metadata_options: jsonOrNull(own.MetadataOptions),
    network_interfaces: jsonOrNull(own.NetworkInterfaces),
    private_dns_name_options: jsonOrNull(own.PrivateDnsNameOptions),
    product_codes: jsonOrNull(own.ProductCodes),
    security_groups: jsonOrNull(own.SecurityGroups),
    tags_src: jsonOrNull(own.Tags),
    title: own.Tags?.find(({ Key }) => Key === 'Name')?.Value ?? own.InstanceId,
    tags: tagObjectOrNull(own.Tags),
    akas: jsonOrNull(arn === undefined ? undefined : [arn]),
    region,
    ...identity,
  }
}
