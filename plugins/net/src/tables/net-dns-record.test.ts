import { errorOf } from '@millrace/plugin-sdk/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { equal, NetHarness, type NetRequest } from '../testing/net-harness.js'
import { netDnsRecord } from './net-dns-record.js'

let harness: NetHarness
beforeAll(async () => {
  harness = await NetHarness.start()
})
afterAll(() => harness.stop())
afterEach(() => harness.reset())

describe('net_dns_record', () => {
  type Quals = NetRequest<typeof netDnsRecord.columns>['quals']
  const records = (quals: Quals, more: NetRequest<typeof netDnsRecord.columns> = {}) =>
    harness.rowsOf(netDnsRecord, { quals: { domain: equal('example.com'), ...quals }, ...more })

  test('records of every type, each by a question of its own', async () => {
    const rows = await records({})
    const ofType = (type: string) => rows.filter((row) => row.type === type)
    expect(ofType('A')).toMatchObject([
      { domain: 'example.com', ip: '127.0.0.1', ttl: 300, dns_server: null },
    ])
    expect(ofType('AAAA')).toMatchObject([{ ip: '::1' }])
    expect(ofType('MX')).toMatchObject([
      { target: 'mail.example.com.', priority: 0 },
      { target: 'backup.example.com.', priority: 10 },
    ])
    expect(ofType('NS')).toMatchObject([{ target: 'ns1.example.com.' }])
    expect(ofType('SOA')).toMatchObject([
      { target: 'ns1.example.com.', serial: 2022070601, refresh: 7200, retry: 3600, minimum: 0, ttl: 0 },
    ])
    expect(ofType('CAA')).toMatchObject([{ tag: 'issue', value: 'ca.example.net' }])
    expect(ofType('CERT')).toMatchObject([
      { value: 'example.com.\t300\tIN\tCERT\tPKIX 12345 8 YSBjZXJ0aWZpY2F0ZQ==' },
    ])
    expect(
      harness
        .asked()
        .map(({ operation }) => operation)
        .sort(),
    ).toEqual([...['A', 'AAAA', 'CAA', 'CERT', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT']])
  })

  test('a TXT record in several strings is one text', async () => {
    const rows = await records({ type: equal('TXT') })
    expect(rows.map(({ value }) => value)).toEqual(['v=spf1 include:_spf.example.com -all', 'hello'])
  })

  test('an alias is a CNAME, not an address', async () => {
    const rows = await records({ domain: equal('www.example.com'), type: equal('A', 'CNAME') })
    expect(rows.map(({ type, target, ip }) => ({ type, target, ip }))).toContainEqual({
      type: 'CNAME',
      target: 'example.com.',
      ip: undefined,
    })
    expect(rows).toContainEqual(expect.objectContaining({ type: 'A', ip: '127.0.0.1' }))
    expect(rows).toHaveLength(2)
  })

  test('a truncated answer is asked for again over TCP, and whole', async () => {
    const rows = await records({ domain: equal('large.example.com'), type: equal('TXT') })
    expect(rows).toHaveLength(40)
    expect(harness.asked().map(({ transport }) => transport)).toEqual(['udp', 'tcp'])
  })

  test('a server without EDNS is asked again without', async () => {
    harness.sandbox.dns.knowsEdns = false
    expect(await records({ type: equal('NS') })).toHaveLength(1)
    harness.sandbox.dns.knowsEdns = true
    expect(harness.asked()).toHaveLength(2)
  })

  test('names that do not exist, or cannot, have no rows', async () => {
    const names = ['nothing.example.com', '', 'a..b', 'x'.repeat(70)] as const
    expect(await records({ domain: equal(...names), type: equal('A') })).toEqual([])
    expect(harness.asked()).toHaveLength(1)
  })

  test('one bad domain does not keep back the others', async () => {
    const left: string[] = []
    const rows = await records(
      { domain: equal('broken.example.com', 'refused.example.com', 'example.com'), type: equal('A') },
      { onLeftOut: (part, { code }) => left.push(`${part}: ${code}`) },
    )
    expect(rows).toMatchObject([{ domain: 'example.com' }])
    expect(left.sort()).toEqual(['A of broken.example.com: SERVFAIL', 'A of refused.example.com: REFUSED'])
    expect(await errorOf(records({ domain: equal('broken.example.com'), type: equal('A') }))).toMatchObject({
      detail: 'It answered SERVFAIL: the servers of the domain may not answer.',
    })
  })

  test('a type that is not known', async () => {
    expect(await errorOf(records({ type: equal('a') }))).toMatchObject({
      message: 'there is no type "a" of records',
    })
  })

  test('a server that the query names: shown as it stands there, and only public ones are asked', async () => {
    const server = harness.sandbox.dns.address
    const connection = harness.connect({ dns_server: '127.0.0.1:1' })
    const rows = await records({ type: equal('NS'), dns_server: equal(server) }, { connection })
    expect(rows).toMatchObject([{ dns_server: server }])
    harness.sandbox.calls.clear()
    for (const dns_server of [server, '[::ffff:127.0.0.1]:53', 'localhost', '10.0.0.1']) {
      const refused = records(
        { type: equal('NS'), dns_server: equal(dns_server) },
        { connection: harness.connect({ allow_private_addresses: false }) },
      )
      expect((await errorOf(refused)).message).toMatch(
        / is not public, and the setting allow_private_addresses/,
      )
    }
    expect(harness.asked()).toEqual([])
  })
})
