import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { equal, NetHarness } from '../testing/net-harness.js'
import { netConnection } from './net-connection.js'

let harness: NetHarness
beforeAll(async () => {
  harness = await NetHarness.start()
})
afterAll(() => harness.stop())
afterEach(() => harness.reset())

describe('net_connection', () => {
  const attempt = (address: string, protocol?: string, connection = harness.connect()) =>
    harness.rowsOf(netConnection, {
      connection,
      quals: { address: equal(address), ...(protocol === undefined ? {} : { protocol: equal(protocol) }) },
    })

  test('a port that is open, and one that is not', async () => {
    const { address } = harness.sandbox.dns
    expect(await attempt(address)).toEqual([
      {
        protocol: 'tcp',
        address,
        connected: true,
        local_address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        remote_address: address,
      },
    ])
    expect(await attempt('127.0.0.1:1')).toMatchObject([
      { connected: false, error: expect.stringContaining('ECONNREFUSED') },
    ])
    expect(await attempt(address, 'udp')).toMatchObject([{ protocol: 'udp', connected: true }])
  })

  test('names are resolved by the DNS server of the connection', async () => {
    const port = harness.sandbox.dns.address.split(':')[1]
    expect(await attempt(`www.example.com:${port}`, 'tcp4')).toMatchObject([{ connected: true }])
    expect(await attempt('nothing.example.com:80')).toMatchObject([
      { connected: false, error: expect.stringContaining('ENOTFOUND') },
    ])
  })

  test.each([
    ['no-port', undefined, /the port is missing/],
    ['127.0.0.1:99999', undefined, /there is no port 99999/],
    ['127.0.0.1:1', 'unix', /unknown protocol "unix"/],
    ['::1:80', undefined, /with an IPv6 address in brackets/],
  ])('what cannot be asked: %s, %s', async (address, protocol, error) => {
    expect(await attempt(address, protocol)).toMatchObject([
      { connected: false, error: expect.stringMatching(error) },
    ])
  })

  test('addresses that are not public are refused, however they are written or reached', async () => {
    const connection = harness.connect({ allow_private_addresses: false })
    const port = harness.sandbox.dns.address.split(':')[1]
    const records = (type: 'A' | 'AAAA', data: string) => ({
      records: [{ name: 'inside.example.com', type, data, ttl: 0 } as const],
    })
    for (const host of [
      '127.0.0.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[64:ff9b::7f00:1]',
      'localhost',
      '0.0.0.0',
    ]) {
      for (const protocol of ['tcp', 'udp']) {
        expect(await attempt(`${host}:${port}`, protocol, connection), host).toMatchObject([
          { connected: false, error: expect.stringContaining('is not public') },
        ])
      }
    }
    for (const [type, data] of [
      ['A', '127.0.0.1'],
      ['A', '169.254.169.254'],
      ['AAAA', '::ffff:127.0.0.1'],
    ] as const) {
      harness.sandbox.dns.overrides.set('inside.example.com', records(type, data))
      expect(await attempt(`inside.example.com:${port}`, undefined, connection)).toMatchObject([
        {
          connected: false,
          error: expect.stringMatching(/the address of inside\.example\.com, is not public/),
        },
      ])
    }
  })
})
