/** Whose key, whose machine, whose finding an address is: one join of a trail with IAM, EC2 and GuardDuty. */
import { readFile } from 'node:fs/promises'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

let harness: ServiceHarness
let client: pg.Client
let attribute: string

beforeAll(async () => {
  harness = await startServiceHarness()
  client = await harness.connect()
  attribute = await readFile(new URL('../../examples/article/5-attribute.sql', import.meta.url), 'utf8')
})

afterAll(() => harness?.stop())

beforeEach(() => {
  harness.sandbox.calls.clear()
  harness.sandbox.faults.clear()
})

test('the join names the owner of each address, and asks only about what the trail holds', async () => {
  const { rows } = await client.query({ text: attribute, rowMode: 'array' })
  expect(rows.sort()).toEqual([
    ['104.53.216.85', null, null, null, '1'],
    ['107.170.20.63', 'deploy-ci', 'ci-runner', 'UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom', '1'],
    ['157.230.162.15', null, 'reader', null, '1'],
    ['212.102.58.164', null, null, null, '1'],
    ['82.102.17.180', null, null, null, '1'],
    ['89.248.165.99', null, null, 'Recon:EC2/PortProbeUnprotectedPort', '1'],
  ])
  const calls = (operation: string) => harness.sandbox.calls.list({ operation })
  // The trail has one key of a user; the others are keys of sessions.
  expect(calls('GetAccessKeyLastUsed').map(({ parameters }) => Object(parameters).AccessKeyId)).toEqual([
    'AKIASANDBOXSANDBOX02',
  ])
  expect(calls('ListAccessKeys')).toHaveLength(1)
  expect(calls('ListUsers')).toEqual([])
  const [interfaces, ...more] = calls('DescribeNetworkInterfaces')
  expect(more).toEqual([])
  const values = Object.entries(Object(interfaces?.parameters)).flatMap(([name, value]) =>
    name.startsWith('Filter.1.Value.') ? [value] : [],
  )
  expect(values.sort()).toEqual(rows.map(([address]) => address))
  expect(calls('DescribeInstances')).toMatchObject([{ parameters: { 'Filter.1.Name': 'instance-id' } }])
  expect(calls('GetFindings')).toHaveLength(1)
})

test('EXPLAIN tells what is asked for each of something', async () => {
  const plan = async (sql: string) => {
    const { rows } = await client.query<string[]>({ text: `explain ${sql}`, rowMode: 'array' })
    return rows.join('\n')
  }
  expect(await plan('select user_name from aws_iam_access_key')).toContain(
    'Calls: 1 or more (pages and regions are not known before), and ListAccessKeys 1 per user',
  )
  expect(await plan('select id from aws_guardduty_finding')).toContain(
    'and ListFindings 1 per detector, and GetFindings 1 per 50 findings',
  )
  expect(harness.sandbox.calls.list()).toEqual([])
})

test('a service that is down fails the join, with the table and its own words', async () => {
  harness.sandbox.faults.add({
    kind: 'error',
    service: 'guardduty',
    code: 'AccessDeniedException',
    status: 403,
    message: 'not for you',
  })
  await expect(client.query(attribute)).rejects.toMatchObject({
    message: expect.stringMatching(/^aws_guardduty_finding: ListDetectors: AWS denied access in us-east-1/),
    detail: expect.stringContaining('not for you'),
  })
})
