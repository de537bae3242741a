import { describe, expect, test } from 'vitest'
import { AddressGuard } from './address-guard.js'
import { networksOf } from './networks.js'
import { isPublic } from './public-address.js'

describe('addresses that are not public', () => {
  test.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1'],
    ...['172.31.255.255', '192.0.0.1', '192.0.2.1', '192.168.0.1', '198.18.0.1', '198.51.100.1'],
    ...['203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...[
      '::',
      '::1',
      '::127.0.0.1',
      'fe80::1',
      'fe80::1%eth0',
      'fec0::1',
      'fc00::1',
      'fd00:ec2::254',
      'ff02::1',
    ],
    ...['100::1', '2001::1', '2001:db8::1', '3fff::1', '64:ff9b:1::1', '4000::1'],
    // IPv4 within IPv6: mapped, NAT64, 6to4.
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::FFFF:169.254.169.254', '0:0:0:0:0:ffff:a00:1'],
    ...['64:ff9b::7f00:1', '64:ff9b::169.254.169.254', '2002:7f00:1::1', '2002:a9fe:a9fe::'],
    ...['', 'example.com', '127.1', '2130706433', '0x7f.0.0.1'],
  ])('%s', (address) => expect(isPublic(address)).toBe(false))
})

describe('public addresses', () => {
  test.each([
    ...['1.1.1.1', '8.8.8.8', '172.32.0.1', '100.128.0.1', '192.0.1.1', '198.20.0.1', '223.255.255.255'],
    ...['2606:4700::1111', '2001:4860:4860::8888', '2a00:1450::1', '3ffe::1'],
    ...['::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2002:808:808::1'],
  ])('%s', (address) => expect(isPublic(address)).toBe(true))
})

test('networks that are allowed, in every spelling of their addresses', () => {
  const guard = new AddressGuard(networksOf(['10.0.0.0/8', '127.0.0.1', 'fd00::/8']))
  for (const address of [
    '10.1.2.3',
    '::ffff:10.1.2.3',
    '64:ff9b::a01:203',
    '127.0.0.1',
    'fd12::1',
    '8.8.8.8',
  ]) {
    expect(guard.allows(address), address).toBe(true)
  }
  for (const address of ['127.0.0.2', '192.168.0.1', '::1', 'fe80::1', '169.254.169.254']) {
    expect(guard.allows(address), address).toBe(false)
  }
  expect(new AddressGuard(true).allows('169.254.169.254')).toBe(true)
})
