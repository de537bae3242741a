/** The examples of every table's page, against the sandbox. */
import abuseipdb from '@millrace/plugin-abuseipdb/plugin'
import aws from '@millrace/plugin-aws/plugin'
import ipstack from '@millrace/plugin-ipstack/plugin'
import net from '@millrace/plugin-net/plugin'
import shodan from '@millrace/plugin-shodan/plugin'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

let harness: ServiceHarness
let client: pg.Client

beforeAll(async () => {
  harness = await startServiceHarness()
  client = await harness.connect()
})

afterAll(() => harness?.stop())

describe.each([...aws.tables, ...ipstack.tables, ...net.tables, ...abuseipdb.tables, ...shodan.tables])(
  '$name',
  ({ name, examples }) => {
    test('has examples', () => expect(examples.length).toBeGreaterThan(0))

    test.each(examples)('$title', async ({ sql }) => {
      expect(sql).toContain(name)
      const { fields } = await client.query(sql)
      expect(fields.length).toBeGreaterThan(0)
    })
  },
)

test('elastic IP addresses and their places: one lookup for all of them', async () => {
  harness.sandbox.calls.clear()
  const { rows } = await client.query(
    `select host(e.public_ip) as ip, i.city is not null as is_placed
     from aws_vpc_eip e join ipstack_ip i on i.ip = e.public_ip order by 1`,
  )
  expect(rows).toEqual([
    { ip: '3.222.40.118', is_placed: true },
    { ip: '54.85.112.7', is_placed: true },
  ])
  const operations = harness.sandbox.calls.list().map(({ operation }) => operation)
  expect(operations).toEqual(['DescribeAddresses', 'bulk'])
})
