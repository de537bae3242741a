import { errorOf } from '@millrace/plugin-sdk/testing'
import { startSandbox } from '@millrace/sandbox/sandbox'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { equal, NetHarness, type NetRequest } from '../testing/net-harness.js'
import { netDnsReverse } from './net-dns-reverse.js'

let harness: NetHarness
beforeAll(async () => {
  harness = await NetHarness.start()
})
afterAll(() => harness.stop())
afterEach(() => harness.reset())

describe('net_dns_reverse', () => {
  const reverse = (addresses: [string, ...string[]], more: NetRequest<typeof netDnsReverse.columns> = {}) =>
    harness.rowsOf(netDnsReverse, { quals: { ip_address: equal(...addresses) }, ...more })

  test('names of addresses, of either kind; those without a name have no row', async () => {
    const rows = await reverse(['89.248.165.99', '157.230.162.15', '10.0.0.1', '10.0.0.0/8', '2600:1f18::1'])
    expect(rows.map(({ ip_address, domains }) => [ip_address, JSON.parse(String(domains))]).sort()).toEqual([
      ['2600:1f18::1', ['host-2600-1f18-1.example.net.']],
      ['89.248.165.99', ['host-89-248-165-99.example.net.', 'scanner-99.example.org.']],
    ])
    expect(harness.asked()).toHaveLength(4)
  })

  test('addresses are asked for side by side', async () => {
    harness.sandbox.faults.add({ kind: 'hang', service: 'dns' })
    const cancel = new AbortController()
    const addresses = Array.from({ length: 30 }, (_, index) => `8.8.8.${index}`)
    const reading = reverse(addresses as [string], { signal: cancel.signal }).catch(() => {})
    await harness.sandbox.calls.until((log) => log.count({ service: 'dns' }) >= 30)
    cancel.abort()
    await reading
  })

  test('one that the server cannot tell is left out with a notice; the others are there', async () => {
    harness.sandbox.dns.overrides.set('8.8.8.8.in-addr.arpa', { rcode: 'SERVFAIL' })
    const left: string[] = []
    const rows = await reverse(['8.8.8.8', '89.248.165.99'], { onLeftOut: (part) => left.push(part) })
    expect(rows).toHaveLength(1)
    expect(left).toEqual(['8.8.8.8'])
  })

  test('a server that fails for all is an error', async () => {
    harness.sandbox.faults.add({ kind: 'error', service: 'dns' })
    expect(await errorOf(reverse(['8.8.8.8', '89.248.165.99']))).toMatchObject({
      message: 'the DNS server could not tell PTR of 8.8.8.8.in-addr.arpa',
      code: 'SERVFAIL',
    })
  })

  test('a server that is not there, or silent, is an error soon', async () => {
    const gone = await startSandbox()
    await gone.stop()
    const connection = harness.connect({ dns_server: gone.netSettings.dns_server, timeout: 100 })
    expect(await errorOf(reverse(['8.8.8.8'], { connection }))).toMatchObject({
      sqlState: 'HV00N',
      message: 'the DNS server did not answer',
      detail: expect.stringContaining('ECONNREFUSED'),
    })
    harness.sandbox.faults.add({ kind: 'hang', service: 'dns' })
    expect(
      await errorOf(reverse(['8.8.8.8'], { connection: harness.connect({ timeout: 50 }) })),
    ).toMatchObject({
      detail: expect.stringContaining('ETIMEDOUT'),
    })
    expect(harness.asked()).toHaveLength(3)
  })
})
