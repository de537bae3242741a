import { collectRows, errorOf } from '@millrace/plugin-sdk/testing'
import { describe, expect } from 'vitest'
import { deniedEnvironment, equals } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { expectNothingLost } from '../testing/nothing-lost.js'
import { testSteampipe } from '../testing/steampipe.js'
import { filterKeys } from './vpc-eip/filters.js'
import { vpcEip } from './vpc-eip.js'

test('every column', async ({ harness }) => {
  const rows = await harness.rows(vpcEip)
  expect(rows).toHaveLength(2)
  const arn = 'arn:aws:ec2:us-east-1:810361751552:elastic-ip/eipalloc-0a1f2e3d4c5b69788'
  expect(rows[0]).toEqual({
    allocation_id: 'eipalloc-0a1f2e3d4c5b69788',
    arn,
    public_ip: '54.85.112.7',
    public_ipv4_pool: 'amazon',
    domain: 'vpc',
    association_id: 'eipassoc-08c1d2e3f4a5b6c7d',
    carrier_ip: undefined,
    customer_owned_ip: undefined,
    customer_owned_ipv4_pool: undefined,
    instance_id: 'i-0123456789abcdef0',
    network_border_group: 'us-east-1',
    network_interface_id: 'eni-0f9e8d7c6b5a49382',
    network_interface_owner_id: '810361751552',
    private_ip_address: '172.31.18.44',
    tags_src: '[{"Key":"Name","Value":"web"},{"Key":"Owner","Value":"articles"}]',
    tags: '{"Name":"web","Owner":"articles"}',
    title: 'eipalloc-0a1f2e3d4c5b69788',
    akas: JSON.stringify([arn]),
    partition: 'aws',
    region: 'us-east-1',
    account_id: '810361751552',
  })
  expect(rows[1]).toMatchObject({ tags: null, instance_id: undefined })
})

test('an address of EC2-Classic has no ARN', async ({ harness }) => {
  harness.sandbox.addresses.add({ region: 'us-west-2', publicIp: '52.10.1.2', domain: 'standard' })
  const rows = await harness.rows(vpcEip, { connection: harness.connect({ regions: ['us-west-2'] }) })
  expect(rows).toMatchObject([{ title: '52.10.1.2', arn: undefined, akas: null, allocation_id: undefined }])
})

test('members that EC2 sends empty are NULL, as those that it leaves out', async ({ stub }) => {
  stub.answers = {
    DescribeAddresses: () =>
      '<DescribeAddressesResponse><addressesSet><item><publicIp>54.85.112.7</publicIp><domain>standard</domain>' +
      '<instanceId/><privateIpAddress></privateIpAddress><customerOwnedIp/></item></addressesSet></DescribeAddressesResponse>',
  }
  const [row] = await collectRows(vpcEip, {
    connection: stub.connect(),
    columns: ['public_ip', 'instance_id'],
  })
  expect(row?.public_ip).toBe('54.85.112.7')
  expect(row?.instance_id ?? null).toBeNull()
  expect(row?.private_ip_address ?? null).toBeNull()
  expect(row?.customer_owned_ip ?? null).toBeNull()
})

test('who calls is asked only where a column needs it', async ({ harness }) => {
  await harness.rows(vpcEip, { columns: ['public_ip', 'tags', 'region', 'title'] })
  expect(harness.operations()).toEqual(['DescribeAddresses'])
  await harness.rows(vpcEip, { columns: ['arn'] })
  expect(harness.operations().slice(1)).toEqual(['GetCallerIdentity', 'DescribeAddresses'])
})

describe('conditions', () => {
  test('every row arrives that PostgreSQL would keep', async ({ harness }) => {
    harness.sandbox.addresses.add({ region: 'us-east-1', publicIp: '52.10.1.2', domain: 'standard' })
    await expectNothingLost(harness, vpcEip, filterKeys, ['standard', '54.85.112.0/24', 'eipalloc-\\*'])
  })

  test('several values are one filter, and a region is a region asked', async ({ harness }) => {
    const connection = harness.connect({ regions: ['us-east-1', 'eu-west-1'] })
    const quals = { public_ip: equals('34.248.19.203', '54.85.112.7'), region: equals('eu-west-1') }
    expect(await harness.rows(vpcEip, { connection, quals, columns: ['public_ip'] })).toMatchObject([
      { public_ip: '34.248.19.203' },
    ])
    expect(harness.sandbox.calls.list()).toMatchObject([
      {
        region: 'eu-west-1',
        parameters: {
          'Filter.1.Name': 'public-ip',
          'Filter.1.Value.1': '34.248.19.203',
          'Filter.1.Value.2': '54.85.112.7',
        },
      },
    ])
  })

  test('more values than a filter takes are not said', async ({ harness }) => {
    const addresses = Array.from({ length: 201 }, (_, i) => `10.0.0.${i}`)
    const quals = { public_ip: equals('54.85.112.7', ...addresses) }
    expect(await harness.rows(vpcEip, { quals, columns: ['public_ip'] })).toHaveLength(2)
  })
})

test('a failure is tried again, a refusal told', async ({ harness }) => {
  harness.sandbox.faults.add({ kind: 'throttle', operation: 'DescribeAddresses', times: 1 })
  expect(await harness.rows(vpcEip, { columns: ['public_ip'] })).toHaveLength(2)
  const connection = harness.connect({}, deniedEnvironment)
  const error = await errorOf(harness.rows(vpcEip, { connection, columns: ['public_ip'] }))
  expect(error).toMatchObject({ sqlState: 'HV000', detail: expect.stringContaining('ec2:DescribeAddresses') })
})

testSteampipe(vpcEip, {
  columns: [
    'allocation_id text',
    'arn text',
    'public_ip inet',
    'public_ipv4_pool text',
    'domain text',
    'association_id text',
    'carrier_ip text',
    'customer_owned_ip inet',
    'customer_owned_ipv4_pool text',
    'instance_id text',
    'network_border_group text',
    'network_interface_id text',
    'network_interface_owner_id text',
    'private_ip_address inet',
    'tags_src jsonb',
    'tags jsonb',
    'title text',
    'akas jsonb',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: {
    allocation_id: 'optional =',
    public_ip: 'optional =',
    domain: 'optional =',
    association_id: 'optional =',
    instance_id: 'optional =',
    network_border_group: 'optional =',
    network_interface_id: 'optional =',
    network_interface_owner_id: 'optional =',
    private_ip_address: 'optional =',
    region: 'optional =',
    account_id: 'optional = <> ~~ ~~* !~~ !~~*',
  },
})
