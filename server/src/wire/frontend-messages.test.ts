/** What is written is what is read; and the bytes are those of chapter "Message Formats". */
import { describe, expect, test } from 'vitest'
import { MalformedMessage } from './byte-reader.js'
import {
  bindMessage,
  bindRest,
  cancelPacket,
  closeMessage,
  copyFailMessage,
  describeMessage,
  executeMessage,
  flushMessage,
  parseMessage,
  readBind,
  readExecute,
  readParse,
  readTarget,
  startupPacket,
  syncMessage,
  terminateMessage,
} from './frontend-messages.js'

/** A type, the length of all but the type, the body. */
test.each([
  ['Sync', syncMessage, 'S 00000004'],
  ['Flush', flushMessage, 'H 00000004'],
  ['Terminate', terminateMessage, 'X 00000004'],
  ['Parse', parseMessage('a', 'b', [23]), 'P 0000000e 6100 6200 0001 00000017'],
  ['Bind', bindMessage('p', 's', bindRest(undefined)), 'B 0000000e 7000 7300 0000 0000 0000'],
  ['Describe of a statement', describeMessage('S', 's'), 'D 00000007 53 7300'],
  ['Close of a portal', closeMessage('P', ''), 'C 00000006 50 00'],
  ['Execute, all rows', executeMessage('p'), 'E 0000000a 7000 00000000'],
  ['Execute, five rows', executeMessage('', 5), 'E 00000009 00 00000005'],
  ['CopyFail', copyFailMessage('no'), 'f 00000007 6e6f00'],
])('%s', (_, message, expected) => {
  const [type = '', ...bytes] = expected.split(' ')
  expect(`${message.toString('latin1', 0, 1)} ${message.toString('hex', 1)}`).toBe(
    `${type} ${bytes.join('')}`,
  )
})

/** They have no type. */
test.each([
  ['start-up, 3.0', startupPacket([['user', 'u']]), '00000010 00030000 7573657200 7500 00'],
  ['cancel request', cancelPacket(Uint8Array.of(1, 2, 3)), '0000000b 04d2162e 010203'],
])('the packet of a %s', (_, packet, expected) => {
  expect(packet.toString('hex')).toBe(expected.replaceAll(' ', ''))
})

describe('are read as they were written', () => {
  test.each([
    ['', ''],
    ['s', 'select 1'],
    ['Grüße', "select '日本 🌊'"],
  ])('Parse: %j, %j', (name, text) => {
    expect(readParse(parseMessage(name, text, [23, 25]))).toEqual({ name, text })
  })

  test.each([
    { what: 'no value', formats: [], values: [], read: [] },
    { what: 'NULL, an empty value', formats: [], values: [undefined, Buffer.of()], read: [0, 0] },
    { what: 'one format for all', formats: [1], values: [Buffer.of(1), Buffer.of(2)], read: [1, 1] },
    { what: 'a format each', formats: [0, 1], values: [Buffer.of(1), Buffer.of(2)], read: [0, 1] },
  ] as const)('Bind: $what', ({ formats, values, read }) => {
    const rest = bindRest({ types: [], formats, values })
    const bind = readBind(bindMessage('p', 's', rest))
    expect(bind).toEqual({ portal: 'p', statement: 's', formats: read, values, rest })
  })

  test('Describe, Close and Execute', () => {
    expect(readTarget(describeMessage('P', 'p'))).toEqual({ kind: 'P', name: 'p' })
    expect(readTarget(closeMessage('S', ''))).toEqual({ kind: 'S', name: '' })
    expect(readExecute(executeMessage('p', 7))).toBe('p')
  })
})

test.each([
  ['a name that does not end', () => readExecute(Buffer.from('E\0\0\0\x05x', 'latin1'))],
  ['values that are not there', () => readBind(bindMessage('', '', Buffer.of(0, 0, 0, 1)))],
  [
    'a value that is longer than the message',
    () => readBind(bindMessage('', '', Buffer.of(0, 0, 0, 1, 0, 0, 0, 9, 1))),
  ],
  [
    'a length below that of NULL',
    () => readBind(bindMessage('', '', Buffer.of(0, 0, 0, 1, 255, 255, 255, 254))),
  ],
])('%s is malformed', (_, read) => {
  expect(read).toThrow(MalformedMessage)
})
