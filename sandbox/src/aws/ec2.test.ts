import { DescribeAddressesCommand, EC2Client, type Filter } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sandboxCredentials } from '../credentials.js'
import { type Sandbox, startSandbox } from '../sandbox.js'

let sandbox: Sandbox
let client: EC2Client

beforeAll(async () => {
  sandbox = await startSandbox()
  client = new EC2Client({
    endpoint: sandbox.url,
    region: 'us-east-1',
    credentials: sandboxCredentials,
    maxAttempts: 1,
  })
})
afterAll(async () => {
  client.destroy()
  await sandbox.stop()
})

async function addresses(...Filters: Filter[]) {
  const answer = await client.send(new DescribeAddressesCommand(Filters.length > 0 ? { Filters } : {}))
  return (answer.Addresses ?? []).map(({ PublicIp }) => PublicIp)
}

test("the region's addresses", async () => {
  expect(await addresses()).toEqual(['54.85.112.7', '3.222.40.118'])
})

test.each<[string[], string[]]>([
  [['54.85.112.7', '1.2.3.4'], ['54.85.112.7']],
  [['54.*'], ['54.85.112.7']],
  [['3.222.40.11?'], ['3.222.40.118']],
  [['54.\\*'], []],
  [['54.85.112'], []],
])('values of a filter: %j', async (Values, found) => {
  expect(await addresses({ Name: 'public-ip', Values })).toEqual(found)
})

test('several filters all hold; an address without the member is in none', async () => {
  const domain = { Name: 'domain', Values: ['vpc'] }
  expect(await addresses(domain, { Name: 'instance-id', Values: ['*'] })).toEqual(['54.85.112.7'])
})

test('refusals', async () => {
  await expect(addresses({ Name: 'nonsense', Values: ['x'] })).rejects.toMatchObject({
    name: 'InvalidParameterValue',
  })
  const Values = Array.from({ length: 201 }, (_, i) => `10.0.0.${i}`)
  await expect(addresses({ Name: 'public-ip', Values })).rejects.toMatchObject({
    name: 'FilterLimitExceeded',
  })
})
