import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errorOf } from '@millrace/plugin-sdk/testing'
import type { Sandbox } from '@millrace/sandbox/sandbox'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { equal, NetHarness, type NetRequest } from '../testing/net-harness.js'
import { netCertificate } from './net-certificate.js'

let harness: NetHarness
beforeAll(async () => {
  harness = await NetHarness.start()
})
afterAll(() => harness.stop())
afterEach(() => harness.reset())

describe('net_certificate', () => {
  let addresses: Awaited<ReturnType<Sandbox['startTlsServers']>>['addresses']
  beforeAll(async () => {
    addresses = (await harness.sandbox.startTlsServers()).addresses
  })

  type CertificateRequest = NetRequest<typeof netCertificate.columns>
  const columns = Object.keys(netCertificate.columns).filter(
    (column) => column !== 'transparent',
  ) as CertificateRequest['columns']
  const certificate = (address: string, more: CertificateRequest = {}) =>
    harness.rowsOf(netCertificate, {
      columns,
      quals: { address: equal(address) },
      ...more,
    } as CertificateRequest)

  test('a certificate, its chain and its state', async () => {
    const [row] = await certificate(addresses.valid)
    expect(row).toMatchObject({
      domain: null,
      address: addresses.valid,
      common_name: 'example.com',
      subject: 'CN=example.com,ST=California,L=Windsor,OU=Web,O=Example,C=US',
      issuer: 'CN=Sandbox Authority,O=Sandbox,C=US',
      issuer_name: 'Sandbox Authority',
      serial_number: '0a11ce'.padStart(32, '0'),
      is_ca: false,
      public_key_algorithm: 'ECDSA',
      public_key_length: 256,
      signature_algorithm: 'ECDSA-SHA256',
      ip_address: '127.0.0.1',
      country: 'US',
      state: 'California',
      locality: 'Windsor',
      organization: 'Example',
      ou: '["Web"]',
      dns_names: '["example.com","www.example.com"]',
      ip_addresses: '["127.0.0.1"]',
      email_addresses: null,
      issuing_certificate_url: null,
      revoked: false,
      ocsp: '{"status":"good"}',
    })
    expect(JSON.parse(String(row?.chain))).toMatchObject([
      { common_name: 'Sandbox Authority', is_certificate_authority: true },
    ])
  })

  test('a revoked one', async () => {
    const [row] = await certificate(addresses.revoked)
    expect(row?.revoked).toBe(true)
    expect(JSON.parse(String(row?.ocsp))).toEqual({
      status: 'revoked',
      revoked_at: '2022-07-06T00:00:00Z',
      revocation_reason: 'key-compromise',
    })
  })

  test('either the list or the OCSP server suffices; with neither, it is not known', async () => {
    expect(await certificate(addresses.withoutOcsp)).toMatchObject([{ revoked: false, ocsp: null }])
    const down = (operation: string) =>
      harness.sandbox.faults.add({ kind: 'error', service: 'pki', operation })
    down('ocsp')
    expect(await certificate(addresses.revoked)).toMatchObject([{ revoked: true, ocsp: null }])
    harness.sandbox.faults.clear()
    down('crl')
    expect(await certificate(addresses.revoked)).toMatchObject([{ revoked: true }])
    down('ocsp')
    expect(await certificate(addresses.revoked)).toMatchObject([{ revoked: null, ocsp: null }])
  })

  test('URLs of certificates must be public too', async () => {
    const connection = harness.connect({ allow_private_addresses: ['127.0.0.2'] })
    harness.sandbox.calls.clear()
    await expect(certificate(addresses.valid, { connection })).rejects.toThrow(/is not public/)
    expect(harness.sandbox.calls.list({ service: 'pki' })).toEqual([])
  })

  test('one that signed itself and has expired is shown as it is', async () => {
    expect(await certificate(addresses.selfSigned)).toMatchObject([
      { common_name: 'self-signed.example.com', chain: '[]', revoked: null, crl_distribution_points: null },
    ])
  })

  test('servers that do not answer have no row, and a notice; domains that do not exist have none', async () => {
    const left: string[] = []
    const onLeftOut = (part: string) => left.push(part)
    expect(await certificate('127.0.0.1:1', { onLeftOut })).toEqual([])
    expect(await certificate(harness.sandbox.url.replace('http://', ''), { onLeftOut })).toEqual([])
    expect(left).toHaveLength(2)
    expect(await certificate('nothing.example.com:443')).toEqual([])
    expect((await errorOf(certificate('example.com'))).message).toMatch(/the port is missing/)
  })

  test('whether it stands in a transparency log', async () => {
    const server = createServer((_, response) => {
      response.end(JSON.stringify([{ serial_number: '0a11ce' }]))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const transparent = (address: string) =>
      certificate(address, {
        columns: ['transparent'],
        connection: harness.connect({ transparency_url: url }),
      })
    expect(await transparent(addresses.valid)).toMatchObject([{ transparent: true }])
    expect(await transparent(addresses.revoked)).toMatchObject([{ transparent: false }])
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    expect((await errorOf(transparent(addresses.valid))).message).toBe(
      'the transparency log could not be asked',
    )
  })
})
