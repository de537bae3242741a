/** DNS messages: questions, and answers as far as the tables need them. */
import { randomInt } from 'node:crypto'
import { type Answer, decode, encode, RECURSION_DESIRED, type RecordType } from 'dns-packet'

export type { Answer } from 'dns-packet'

export interface Question {
  /** Without a dot at the end. */
  readonly name: string
  readonly type: RecordType
}

export interface DnsAnswer {
  /** By the names of IANA's registry, such as NOERROR. */
  readonly rcode: string
  /** Whether the server has looked, or has only told whom else to ask. */
  readonly isReferral: boolean
  readonly answers: readonly Answer[]
}

/** The largest answer over UDP that we ask for: it passes without fragments (DNS flag day 2020). */
const udpPayloadSize = 1232

/** @param extended whether larger answers than 512 bytes are asked for (EDNS, RFC 6891) */
export function writeQuestion(question: Question, extended: boolean): { id: number; message: Buffer } {
  const id = randomInt(0x1_0000)
  const message = encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ ...question, class: 'IN' }],
    additionals: extended ? [opt] : [],
  })
  return { id, message }
}

const opt = {
  type: 'OPT',
  name: '.',
  udpPayloadSize,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
} as const satisfies Answer

/** Whether the answer was cut, for it did not fit. */
export function isTruncated(message: Buffer): boolean {
  return message.length > 2 && ((message[2] ?? 0) & 0x02) !== 0
}

/**
 * Reads an answer.
 * @returns undefined for a message that does not answer the question
 */
export function readAnswer(message: Buffer, id: number, question: Question): DnsAnswer | undefined {
  if (message.length < 12 || message.readUInt16BE(0) !== id) return undefined
  let decoded: ReturnType<typeof decode>
  try {
    decoded = decode(message)
  } catch {
    return undefined
  }
  const [asked] = decoded.questions ?? []
  // A server that cannot read a question may leave it out.
  if (decoded.type !== 'response' || (asked !== undefined && !isSame(asked, question))) return undefined
  const answers = decoded.answers ?? []
  const rcode = String(Object(decoded).rcode)
  const isReferral =
    rcode === 'NOERROR' &&
    answers.length === 0 &&
    !decoded.flag_aa &&
    !decoded.flag_ra &&
    (decoded.authorities ?? []).some(({ type }) => type === 'NS')
  return { rcode, isReferral, answers }
}

function isSame(asked: { readonly name: string; readonly type: string }, question: Question): boolean {
  return asked.type === question.type && asked.name.toLowerCase() === question.name.toLowerCase()
}
