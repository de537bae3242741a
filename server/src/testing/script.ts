/** Plays scripts of messages, and tells what is said to them in a form that two servers can be compared by. */
import { setImmediate } from 'node:timers/promises'
import type { ClientConfig } from 'pg'
import {
  closeMessage,
  copyFailMessage,
  describeMessage,
  parseMessage,
  syncMessage,
} from '../wire/frontend-messages.js'
import { type Message, RawClient } from './raw-client.js'

/** Messages that are sent without waiting for replies; then every reply is waited for. */
export interface Round {
  readonly messages: readonly Buffer[]
  /** Sizes of the pieces that they are sent in, over and over; none for all at once. */
  readonly pieces: readonly number[]
}

/** Names of relations by their OIDs, which differ between servers. */
export type RelationNames = ReadonlyMap<number, string>

/** Without a reply for so long, a server hangs. In milliseconds. */
const patience = 10_000

/** The last line if the connection ended before the script did. */
export const theEnd = 'the connection ended'

/** @returns a line for each reply */
export async function play(
  rounds: readonly Round[],
  config: ClientConfig,
  names: RelationNames,
): Promise<string[]> {
  const client = await RawClient.connect(config)
  const lines: string[] = []
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    client.close()
  }, patience)
  try {
    for (const [index, round] of rounds.entries()) {
      await send(client, Buffer.concat([...round.messages, ...barrier(index)]), round.pieces)
      const { messages, hasEnded } = await client.untilLast(barrierReplies(index))
      lines.push(
        ...messages.filter(({ type }) => type !== 'A').map((message) => describeReply(message, names)),
      )
      if (isLate) throw new Error(`no reply after\n${lines.join('\n')}`)
      if (hasEnded) return [...lines, theEnd]
    }
    return lines
  } finally {
    clearTimeout(timer)
    client.close()
  }
}

async function send(client: RawClient, bytes: Buffer, pieces: readonly number[]): Promise<void> {
  let start = 0
  for (let turn = 0; pieces.length > 0 && turn < 200 && start < bytes.length; turn++) {
    const size = pieces[turn % pieces.length] ?? bytes.length
    client.socket.write(bytes.subarray(start, start + size))
    start += size
    await setImmediate()
  }
  client.socket.write(bytes.subarray(start))
}

const barrierName = 'the end of a round'
/** A type that there is not: nothing else is described by it. */
const barrierType = 4_000_000_000

/**
 * What is answered in every state that a session can be in, and by nothing else: COPY is ended, an error is got
 * over, and a statement without text can be prepared and described even in a transaction that has failed.
 */
export function barrier(index: number): Buffer[] {
  return [
    copyFailMessage('the round is over'),
    syncMessage,
    closeMessage('S', barrierName),
    parseMessage(barrierName, '', [barrierType, index]),
    describeMessage('S', barrierName),
    closeMessage('S', barrierName),
    syncMessage,
  ]
}

/** Tells the last reply to a barrier, given replies one by one. */
export function barrierReplies(index: number): (message: Message) => boolean {
  let isDescribed = false
  return ({ type, bytes }) => {
    isDescribed ||= type === 't' && bytes.length === 15 && bytes.readUInt32BE(7) === barrierType
    isDescribed &&= type !== 't' || bytes.readUInt32BE(11) === index
    return isDescribed && type === 'Z'
  }
}

function describeReply({ type, bytes }: Message, names: RelationNames): string {
  if (type === 'E' || type === 'N')
    return `${type} ${bytes.toString('utf8', 5).split('\0').filter(isCompared).join(' ')}`
  if (type === 'T') return `T ${describeRows(bytes, names)}`
  return `${type} ${JSON.stringify(bytes.toString('latin1', 5))}`
}

/** Where an error was raised, in PostgreSQL's sources and in which context, is told only by PostgreSQL. */
function isCompared(field: string): boolean {
  return field !== '' && !/^[FLRW]/.test(field)
}

/** Types of temporary tables have OIDs of their own, too. */
const firstUserOid = 16_384

function describeRows(bytes: Buffer, names: RelationNames): string {
  const copy = Buffer.from(bytes)
  const relations: string[] = []
  let offset = 7
  for (let field = copy.readUInt16BE(5); field > 0; field--) {
    offset = copy.indexOf(0, offset) + 1
    const oid = copy.readUInt32BE(offset)
    if (oid >= firstUserOid) {
      relations.push(names.get(oid) ?? 'another')
      copy.writeUInt32BE(0, offset)
    }
    offset += 18
  }
  return `${relations} ${JSON.stringify(copy.toString('latin1', 5))}`
}
