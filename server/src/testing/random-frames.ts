/** Frames that no client should send: random ones, and proper ones with something changed. */
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
import type { Dice } from './dice.js'
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
export function randomFrame(dice: Dice): Buffer {
  switch (dice.below(10)) {
    case 0:
    case 1:
      return syncMessage
    case 2:
    case 3:
      return properFrame(dice)
    case 4:
    case 5:
    case 6:
      return changedFrame(dice)
    default:
      if (dice.rarely(5)) return framed(dice.pick(longTypes), dice.bytes(dice.below(100_000)))
      return framed(typeOf(dice), dice.bytes(dice.below(40)))
  }
}

/** Bytes of frames, cut or changed so that nothing fits any more. */
export function brokenBytes(dice: Dice): Buffer {
  const bytes = Buffer.concat(Array.from({ length: 1 + dice.below(5) }, () => randomFrame(dice)))
  for (let left = 1 + dice.below(4); left > 0; left--) bytes[dice.below(bytes.length)] = dice.below(256)
  const start = dice.below(4) === 0 ? dice.below(bytes.length) : 0
  return bytes.subarray(start, bytes.length - dice.below(Math.min(10, bytes.length - start)))
}

/** Start-up packets, requests for encryption and for cancelling, and what only begins like one. */
export function randomPacket(dice: Dice): Buffer {
  const body = dice.rarely(300) ? Buffer.from('user\0millrace\0\0') : dice.bytes(dice.below(60))
  const head = Buffer.alloc(8)
  head.writeInt32BE(dice.rarely(900) ? body.length + 8 : dice.below(2 ** 31))
  const codes: readonly [number, ...number[]] = [
    196_608, 196_610, 131_072, 80_877_102, 80_877_103, 80_877_104,
  ]
  head.writeInt32BE(dice.pick(codes), 4)
  return Buffer.concat([head, body])
}

function typeOf(dice: Dice): string {
  return dice.rarely(1) ? String.fromCharCode(dice.below(256)) : dice.pick(usualTypes)
}

function framed(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

function properFrame(dice: Dice): Buffer {
  const name = dice.pick(names)
  switch (dice.below(9)) {
    case 0:
      return queryMessage(dice.pick(texts))
    case 1:
    case 2:
      return parseMessage(name, dice.pick(texts), dice.rarely(200) ? [dice.below(5000)] : [])
    case 3:
    case 4:
      return bindMessage(dice.pick(names), name, someValues(dice))
    case 5:
      return executeMessage(name, dice.below(4))
    case 6:
      return describeMessage(dice.pick(['S', 'P']), name)
    case 7:
      return closeMessage(dice.pick(['S', 'P']), name)
    default:
      return dice.pick([flushMessage, copyFailMessage('no'), framed('c', Buffer.alloc(0))])
  }
}

function someValues(dice: Dice): Buffer {
  const bound = Array.from({ length: dice.below(3) }, () => Buffer.from(dice.pick(values)))
  const formats = bound.map(() => dice.pick<0 | 1>([0, 1]))
  return bindRest({ types: [], formats, values: bound })
}

/** A proper frame whose body has other bytes, or is longer or shorter than it says inside. */
function changedFrame(dice: Dice): Buffer {
  const frame = properFrame(dice)
  const body = Buffer.from(frame.subarray(5))
  for (let left = dice.below(3); left > 0 && body.length > 0; left--) {
    body[dice.below(body.length)] = dice.below(256)
  }
  const cut = dice.below(3) === 0 ? body.subarray(0, dice.below(body.length + 1)) : body
  const longer = dice.below(4) === 0 ? Buffer.concat([cut, dice.bytes(dice.below(9))]) : cut
  return framed(frame.toString('latin1', 0, 1), longer)
}
