/** Frames that no client should send: random ones, and proper ones with something changed. */

import type { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'
import {
  bindMessage,
  bindRest,
  closeMessage,
  copyFailMessage,
  describeMessage,
  executeMessage,
  flushMessage,
  parseMessage,
  syncMessage,
} from '../wire/frontend-messages.js'
import { queryMessage } from './raw-client.js'

const texts: readonly [string, ...string[]] = [
  'select 1',
  '',
  'select i from generate_series(1, 20) i',
  'select $1::int + $2::int',
  'select 1/0',
  'select nonsense',
  'begin',
  'commit',
  'rollback',
  'copy t from stdin',
  'copy t to stdout',
  'create temp table t (a int, b text)',
  "select city from place where ip = '1.1.1.1'",
  'select city from place where ip = $1',
  'select city from place',
  "select name from event where trail = 't1'",
  "select 1; select city from place where ip = '2.2.2.2'; select 1/0",
  'deallocate all',
  'set search_path = pg_catalog',
  'reset search_path',
]
const names: readonly [string, ...string[]] = ['', '', 's', 'p', 'a name', 'ä😀']
const values: readonly [string, ...string[]] = ['1', '1.1.1.1', '', 'x', '\u0000']

/** Types that end no session by themselves. */
const usualTypes: readonly [string, ...string[]] = [...'BCDEFHPQScdf'] as [string, ...string[]]

/** Of these, PostgreSQL takes more than 10,000 bytes (PQ_SMALL_MESSAGE_LIMIT). */
const longTypes: readonly [string, ...string[]] = [...'BPQd'] as [string, ...string[]]

/** Properly framed, but for one frame in some thousands that may end the session: its type is another. */
export function randomFrame(random: SeededRandom): Buffer {
  switch (random.below(10)) {
    case 0:
    case 1:
      return syncMessage
    case 2:
    case 3:
      return properFrame(random)
    case 4:
    case 5:
    case 6:
      return changedFrame(random)
    default:
      if (random.rarely(5)) return framed(random.pick(longTypes), random.bytes(random.below(100_000)))
      return framed(typeOf(random), random.bytes(random.below(40)))
  }
}

/** Bytes of frames, cut or changed so that nothing fits any more. */
export function brokenBytes(random: SeededRandom): Buffer {
  const bytes = Buffer.concat(Array.from({ length: 1 + random.below(5) }, () => randomFrame(random)))
  for (let left = 1 + random.below(4); left > 0; left--) bytes[random.below(bytes.length)] = random.below(256)
  const start = random.below(4) === 0 ? random.below(bytes.length) : 0
  return bytes.subarray(start, bytes.length - random.below(Math.min(10, bytes.length - start)))
}

/** Start-up packets, requests for encryption and for cancelling, and what only begins like one. */
export function randomPacket(random: SeededRandom): Buffer {
  const body = random.rarely(300) ? Buffer.from('user\0millrace\0\0') : random.bytes(random.below(60))
  const head = Buffer.alloc(8)
  head.writeInt32BE(random.rarely(900) ? body.length + 8 : random.below(2 ** 31))
  const codes: readonly [number, ...number[]] = [
    196_608, 196_610, 131_072, 80_877_102, 80_877_103, 80_877_104,
  ]
  head.writeInt32BE(random.pick(codes), 4)
  return Buffer.concat([head, body])
}

function typeOf(random: SeededRandom): string {
  return random.rarely(1) ? String.fromCharCode(random.below(256)) : random.pick(usualTypes)
}

function framed(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

function properFrame(random: SeededRandom): Buffer {
  const name = random.pick(names)
  switch (random.below(9)) {
    case 0:
      return queryMessage(random.pick(texts))
    case 1:
    case 2:
      return parseMessage(name, random.pick(texts), random.rarely(200) ? [random.below(5000)] : [])
    case 3:
    case 4:
      return bindMessage(random.pick(names), name, someValues(random))
    case 5:
      return executeMessage(name, random.below(4))
    case 6:
      return describeMessage(random.pick(['S', 'P']), name)
    case 7:
      return closeMessage(random.pick(['S', 'P']), name)
    default:
      return random.pick([flushMessage, copyFailMessage('no'), framed('c', Buffer.alloc(0))])
  }
}

function someValues(random: SeededRandom): Buffer {
  const bound = Array.from({ length: random.below(3) }, () => Buffer.from(random.pick(values)))
  const formats = bound.map(() => random.pick<0 | 1>([0, 1]))
  return bindRest({ types: [], formats, values: bound })
}

/** A proper frame whose body has other bytes, or is longer or shorter than it says inside. */
function changedFrame(random: SeededRandom): Buffer {
  const frame = properFrame(random)
  const body = Buffer.from(frame.subarray(5))
  for (let left = random.below(3); left > 0 && body.length > 0; left--) {
    body[random.below(body.length)] = random.below(256)
  }
  const cut = random.below(3) === 0 ? body.subarray(0, random.below(body.length + 1)) : body
  const longer = random.below(4) === 0 ? Buffer.concat([cut, random.bytes(random.below(9))]) : cut
  return framed(frame.toString('latin1', 0, 1), longer)
}
