import { expect, test } from 'vitest'
import { readHandshake } from './handshake.js'

test.each([
  ['1|0|unix|/tmp/plugin1|grpc|', { kind: 'socket', path: '/tmp/plugin1' }],
  ['1|0|unix|/tmp/plugin1|grpc', { kind: 'socket', path: '/tmp/plugin1' }],
  ['Plugin startup failed: no', { kind: 'failure', said: 'Plugin startup failed: no' }],
  ['1|1|unix|/tmp/plugin1|grpc|', { kind: 'failure', said: 'it speaks version 1 of the protocol, not 0' }],
  ['1|0|tcp|127.0.0.1:1|grpc|', { kind: 'failure', said: 'it listens on tcp, not on a Unix socket' }],
  ['1|0|unix|/tmp/plugin1|netrpc|', { kind: 'failure', said: 'it speaks netrpc, not gRPC' }],
  ['1|0|unix|/tmp/plugin1|grpc|MIIB', { kind: 'failure', said: 'it wants TLS, or to share one connection' }],
])('%s', (line, expected) => {
  expect(readHandshake(line)).toEqual(expected)
})
