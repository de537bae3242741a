import type { Sandbox } from '@millrace/sandbox/sandbox'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { equal, NetHarness, type NetRequest } from '../testing/net-harness.js'
import { netTlsConnection } from './net-tls-connection.js'

let harness: NetHarness
beforeAll(async () => {
  harness = await NetHarness.start()
})
afterAll(() => harness.stop())
afterEach(() => harness.reset())

describe('net_tls_connection', () => {
  let addresses: Awaited<ReturnType<Sandbox['startTlsServers']>>['addresses']
  beforeAll(async () => {
    addresses = (await harness.sandbox.startTlsServers()).addresses
  })
  type TlsRequest = NetRequest<typeof netTlsConnection.columns>
  const handshakes = (address: string, quals: TlsRequest['quals'] = {}, connection = harness.connect()) =>
    harness.rowsOf(netTlsConnection, { connection, quals: { address: equal(address), ...quals } })

  test('every combination has a row; only what goes together is tried', async () => {
    const rows = await handshakes(addresses.withoutOcsp)
    expect(rows).toHaveLength(100)
    const completed = rows.filter((row) => row.handshake_completed)
    expect(completed.map(({ version }) => version)).toContain('TLS v1.2')
    expect(completed.map(({ version }) => version)).not.toContain('TLS v1.3')
    expect(completed).toContainEqual({
      address: addresses.withoutOcsp,
      server_name: null,
      version: 'TLS v1.2',
      cipher_suite_name: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
      cipher_suite_id: '0xc02b',
      handshake_completed: true,
      alpn_supported: true,
      local_address: expect.any(String),
      remote_address: addresses.withoutOcsp,
    })
    const impossible = rows.filter((row) => row.error === 'unsupported protocol-cipher combination')
    expect(impossible).toHaveLength(53)
  })

  test('a suite of TLS 1.3 is the one that was asked for', async () => {
    const rows = await handshakes(addresses.valid, {
      version: equal('TLS v1.3'),
      cipher_suite_name: equal('TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_256_GCM_SHA384', 'NONE'),
    })
    expect(rows.map(({ handshake_completed: done }) => done)).toEqual([true, true, false])
  })

  test('addresses that are not public are refused', async () => {
    const rows = await handshakes(
      addresses.valid,
      { version: equal('TLS v1.3') },
      harness.connect({ allow_private_addresses: false }),
    )
    const tried = rows.filter(({ error }) => !/unsupported/.test(String(error)))
    expect(tried).toHaveLength(3)
    expect(tried.every(({ error }) => /is not public/.test(String(error)))).toBe(true)
  })
})
