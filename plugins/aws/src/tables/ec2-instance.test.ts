import { describe, expect, test as plainTest } from 'vitest'
import { filterKeysOf } from '../ec2/column-filters.js'
import { equals } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { expectNothingLost } from '../testing/nothing-lost.js'
import { testSteampipe } from '../testing/steampipe.js'
import { textOfBase64 } from './ec2-instance/details.js'
import { instanceFilters } from './ec2-instance/filters.js'
import { ec2Instance } from './ec2-instance.js'

const web = 'i-0123456789abcdef0'

test('what is told of a running instance', async ({ harness }) => {
  const rows = await harness.rows(ec2Instance)
  expect(rows.map(({ title }) => title)).toEqual(['web', 'reader', 'ci-runner', 'i-0c3d4e5f607182930'])
  const arn = `arn:aws:ec2:us-east-1:810361751552:instance/${web}`
  expect(rows[0]).toMatchObject({
    instance_id: web,
    arn,
    instance_state: 'running',
    state_code: 16,
    monitoring_state: 'enabled',
    disable_api_termination: false,
    cpu_options_threads_per_core: 2,
    iam_instance_profile_arn: 'arn:aws:iam::810361751552:instance-profile/web',
    instance_initiated_shutdown_behavior: 'stop',
    launch_time: new Date('2022-07-01T06:00:12Z'),
    state_transition_time: new Date('2022-07-01T06:00:12Z'),
    placement_availability_zone: 'us-east-1a',
    private_ip_address: '172.31.18.44',
    public_ip_address: '54.85.112.7',
    public_dns_name: 'ec2-54-85-112-7.compute-1.amazonaws.com',
    usage_operation_update_time: '2022-07-01T06:00:12.000Z',
    user_data: '#!/bin/sh\necho ready\n',
    metadata_options: '{"State":"applied","HttpTokens":"optional","HttpEndpoint":"enabled"}',
    launch_template_data: '{"ImageId":"ami-0cff7528ff583bf9a","InstanceType":"t3.micro"}',
    tags: '{"Name":"web"}',
    akas: `["${arn}"]`,
    region: 'us-east-1',
    account_id: '810361751552',
  })
  expect(JSON.parse(rows[0]?.instance_status ?? '')).toMatchObject({ InstanceStatus: { Status: 'ok' } })
})

test('what EC2 sends empty is NULL; one that stopped tells when', async ({ harness }) => {
  const rows = await harness.rows(ec2Instance)
  expect(rows[0]?.placement_group_name).toBeUndefined()
  expect(rows[0]?.state_transition_reason).toBeUndefined()
  expect(rows[3]).toMatchObject({
    instance_state: 'stopped',
    state_transition_reason: 'User initiated (2022-07-04 17:30:05 GMT)',
    state_transition_time: new Date('2022-07-04T17:30:05Z'),
    state_reason: expect.stringContaining('UserInitiatedShutdown'),
    public_dns_name: undefined,
    user_data: undefined,
    disable_api_termination: true,
    tags: null,
  })
})

const details: [(keyof typeof ec2Instance.columns)[], string[]][] = [
  [['instance_id', 'tags', 'kernel_id', 'sriov_net_support'], []],
  [['user_data'], Array(4).fill('DescribeInstanceAttribute')],
  [['instance_status'], Array(4).fill('DescribeInstanceStatus')],
  [['launch_template_data'], Array(4).fill('GetLaunchTemplateData')],
]
test.for(details)('columns decide which calls are made: %j', async ([columns, calls], { harness }) => {
  await harness.rows(ec2Instance, { columns })
  expect(harness.operations().sort()).toEqual(['DescribeInstances', ...calls].sort())
})

test('an instance that is gone meanwhile keeps its row', async ({ harness }) => {
  const fault = { kind: 'error', operation: 'DescribeInstanceAttribute', times: 1 } as const
  harness.sandbox.faults.add({ ...fault, code: 'InvalidInstanceID.NotFound' })
  const rows = await harness.rows(ec2Instance, { columns: ['instance_id', 'user_data'] })
  expect(rows).toHaveLength(4)
})

describe('conditions', () => {
  test('every row arrives that PostgreSQL would keep', async ({ harness }) => {
    await expectNothingLost(harness, ec2Instance, filterKeysOf(instanceFilters))
  })

  test('an identifier that is not there is no error', async ({ harness }) => {
    const rowsOf = (id: string) =>
      harness.rows(ec2Instance, { quals: { instance_id: equals(id) }, columns: ['instance_id'] })
    expect(await rowsOf('i-0123456789abcdef1')).toEqual([])
    expect(await rowsOf(web)).toHaveLength(1)
    expect(harness.sandbox.calls.list().at(-1)).toMatchObject({
      parameters: { 'Filter.1.Name': 'instance-id', 'Filter.1.Value.1': web },
    })
  })

  test('more values than a filter takes are not said', async ({ harness }) => {
    const addresses = Array.from({ length: 201 }, (_, i) => `10.0.0.${i}`)
    const quals = { public_ip_address: equals('54.85.112.7', ...addresses) }
    expect(await harness.rows(ec2Instance, { quals, columns: ['instance_id'] })).toHaveLength(4)
  })
})

test('pages of no fewer than EC2 allows', async ({ harness }) => {
  const [instance] = harness.sandbox.machines.instances
  for (let i = 0; i < 1100 && instance !== undefined; i++) {
    harness.sandbox.machines.instances.push({ ...instance, instanceId: `i-${i}` })
  }
  const columns = ['instance_id'] as const
  expect(await harness.rows(ec2Instance, { columns })).toHaveLength(1104)
  expect(harness.operations()).toHaveLength(2)
  harness.sandbox.calls.clear()
  expect((await harness.rows(ec2Instance, { columns, limit: 2 })).length).toBeGreaterThanOrEqual(2)
  expect(harness.sandbox.calls.list()).toMatchObject([{ parameters: { MaxResults: '5' } }])
})

plainTest('user data that are no text stay encoded', () => {
  expect(textOfBase64(undefined)).toBeUndefined()
  expect(textOfBase64(Buffer.from('grün').toString('base64'))).toBe('grün')
  for (const bytes of [
    [0x1f, 0x8b, 0xff],
    [0x61, 0x00],
  ]) {
    const encoded = Buffer.from(bytes).toString('base64')
    expect(textOfBase64(encoded)).toBe(encoded)
  }
})

testSteampipe(ec2Instance, {
  columns: [
    'instance_id text',
    'arn text',
    'instance_type text',
    'instance_state text',
    'monitoring_state text',
    'disable_api_termination boolean',
    'ami_launch_index bigint',
    'architecture text',
    'boot_mode text',
    'current_instance_boot_mode text',
    'ipv6_address text',
    'capacity_reservation_id text',
    'capacity_reservation_specification jsonb',
    'client_token text',
    'cpu_options_core_count bigint',
    'cpu_options_threads_per_core bigint',
    'ebs_optimized boolean',
    'ena_support boolean',
    'hypervisor text',
    'iam_instance_profile_arn text',
    'iam_instance_profile_id text',
    'image_id text',
    'instance_initiated_shutdown_behavior text',
    'instance_lifecycle text',
    'kernel_id text',
    'key_name text',
    'launch_time timestamp with time zone',
    'outpost_arn text',
    'placement_affinity text',
    'placement_availability_zone text',
    'placement_group_id text',
    'placement_group_name text',
    'placement_host_id text',
    'placement_host_resource_group_arn text',
    'placement_partition_number bigint',
    'placement_tenancy text',
    'platform text',
    'platform_details text',
    'private_ip_address inet',
    'private_dns_name text',
    'public_dns_name text',
    'public_ip_address inet',
    'ram_disk_id text',
    'root_device_name text',
    'root_device_type text',
    'source_dest_check boolean',
    'spot_instance_request_id text',
    'sriov_net_support text',
    'state_code bigint',
    'state_transition_reason text',
    'state_transition_time timestamp with time zone',
    'subnet_id text',
    'tpm_support text',
    'usage_operation text',
    'usage_operation_update_time text',
    'user_data text',
    'virtualization_type text',
    'vpc_id text',
    'block_device_mappings jsonb',
    'elastic_gpu_associations jsonb',
    'elastic_inference_accelerator_associations jsonb',
    'enclave_options jsonb',
    'hibernation_options jsonb',
    'state_reason jsonb',
    'launch_template_data jsonb',
    'licenses jsonb',
    'maintenance_options jsonb',
    'metadata_options jsonb',
    'network_interfaces jsonb',
    'private_dns_name_options jsonb',
    'product_codes jsonb',
    'security_groups jsonb',
    'instance_status jsonb',
    'tags_src jsonb',
    'title text',
    'tags jsonb',
    'akas jsonb',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: {
    instance_id: 'optional =',
    hypervisor: 'optional =',
    iam_instance_profile_arn: 'optional =',
    image_id: 'optional =',
    instance_lifecycle: 'optional =',
    instance_state: 'optional =',
    instance_type: 'optional =',
    monitoring_state: 'optional =',
    outpost_arn: 'optional =',
    placement_availability_zone: 'optional =',
    placement_group_name: 'optional =',
    public_dns_name: 'optional =',
    ram_disk_id: 'optional =',
    root_device_name: 'optional =',
    root_device_type: 'optional =',
    subnet_id: 'optional =',
    placement_tenancy: 'optional =',
    virtualization_type: 'optional =',
    vpc_id: 'optional =',
    region: 'optional =',
    account_id: 'optional = <> ~~ ~~* !~~ !~~*',
  },
})
