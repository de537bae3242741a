import { DescribeAddressesCommand, EC2Client, type Filter } from '@aws-sdk/client-ec2'
import { expect } from 'vitest'
import { clientTest } from '../testing/client-test.js'

const test = clientTest(EC2Client)

async function addresses(client: EC2Client, ...Filters: Filter[]) {
  const answer = await client.send(new DescribeAddressesCommand(Filters.length > 0 ? { Filters } : {}))
  return (answer.Addresses ?? []).map(({ PublicIp }) => PublicIp)
}

test("the region's addresses", async ({ client }) => {
  expect(await addresses(client)).toEqual(['54.85.112.7', '3.222.40.118'])
})

test.for<[string[], string[]]>([
  [['54.85.112.7', '1.2.3.4'], ['54.85.112.7']],
  [['54.*'], ['54.85.112.7']],
  [['3.222.40.11?'], ['3.222.40.118']],
  [['54.\\*'], []],
  [['54.85.112'], []],
] as const)('values of a filter: %j', async ([Values, found], { client }) => {
  expect(await addresses(client, { Name: 'public-ip', Values })).toEqual(found)
})

test('several filters all hold; an address without the member is in none', async ({ client }) => {
  const domain = { Name: 'domain', Values: ['vpc'] }
  expect(await addresses(client, domain, { Name: 'instance-id', Values: ['*'] })).toEqual(['54.85.112.7'])
})

test('refusals', async ({ client }) => {
  await expect(addresses(client, { Name: 'nonsense', Values: ['x'] })).rejects.toMatchObject({
    name: 'InvalidParameterValue',
  })
  const Values = Array.from({ length: 201 }, (_, i) => `10.0.0.${i}`)
  await expect(addresses(client, { Name: 'public-ip', Values })).rejects.toMatchObject({
    name: 'FilterLimitExceeded',
  })
})
