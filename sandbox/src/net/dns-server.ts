/** A DNS server on this machine, over UDP and TCP, with a log of its calls and faults like the APIs. */
import { createSocket, type RemoteInfo } from 'node:dgram'
import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type OptAnswer,
  type Packet,
  RECURSION_AVAILABLE,
  TRUNCATED_RESPONSE,
} from 'dns-packet'
import type { CallLog, OpenCall } from '../call-log.js'
import type { Fault, Faults } from '../faults.js'
import { rcodes, recordsOf, type ZoneAnswer } from './zone.js'

export interface DnsServerParts {
  readonly calls: CallLog
  readonly faults: Faults
}

/** The largest answer over UDP to those who do not say that they take more (RFC 1035, section 4.2.1). */
const usualPayload = 512

export class DnsServer {
  /** Records that tests set themselves, by name in lower case; they come before those of the zone. */
  readonly overrides = new Map<string, ZoneAnswer>()
  /** Whether questions with EDNS are understood; where not, they are answered FORMERR. */
  knowsEdns = true
  readonly #parts: DnsServerParts
  readonly #udp = createSocket('udp4')
  readonly #tcp = createServer((socket) => this.#serve(socket))
  readonly #sockets = new Set<Socket>()
  readonly #stopped = new AbortController()
  #port = 0

  constructor(parts: DnsServerParts) {
    this.#parts = parts
  }

  /** `127.0.0.1:port`, for UDP and TCP. */
  get address(): string {
    return `127.0.0.1:${this.#port}`
  }

  /** Listens on a port that is free for both protocols. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#tcp.once('error', reject)
      this.#tcp.listen(0, '127.0.0.1', resolve)
    })
    const address = this.#tcp.address()
    this.#port = typeof address === 'object' && address !== null ? address.port : 0
    this.#udp.on('message', (message, from) => {
      this.#answerUdp(message, from).catch(() => {})
    })
    await new Promise<void>((resolve, reject) => {
      this.#udp.once('error', reject)
      this.#udp.bind(this.#port, '127.0.0.1', resolve)
    })
  }

  async stop(): Promise<void> {
    if (this.#stopped.signal.aborted) return
    this.#stopped.abort()
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#udp.close(() => resolve()))
    await new Promise<void>((resolve) => {
      this.#tcp.close(() => resolve())
    })
  }

  async #answerUdp(message: Buffer, from: RemoteInfo): Promise<void> {
    await this.#answer(message, 'udp', (answer) => this.#udp.send(answer, from.port, from.address))
  }

  /** Each message is preceded by its length in two bytes. */
  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    let received = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0)
        const message = received.subarray(2, end)
        received = received.subarray(end)
        this.#answer(message, 'tcp', (answer) => {
          const length = Buffer.alloc(2)
          length.writeUInt16BE(answer.length)
          socket.write(Buffer.concat([length, answer]))
        }).catch(() => socket.destroy())
      }
    })
  }

  async #answer(message: Buffer, transport: 'udp' | 'tcp', send: (answer: Buffer) => void): Promise<void> {
    const asked = decode(message)
    const [question] = asked.questions ?? []
    if (question === undefined) return
    const call = { service: 'dns', operation: question.type, region: undefined }
    const logged = this.#parts.calls.open({ ...call, parameters: { name: question.name, transport } })
    try {
      const faults = this.#parts.faults.meet(call)
      const answer = await this.#meetFaults(faults, logged)
      if (answer === undefined) return
      const opt = asked.additionals?.find((one): one is OptAnswer => one.type === 'OPT')
      const found =
        answer === 'found'
          ? opt !== undefined && !this.knowsEdns
            ? { rcode: 'FORMERR' as const }
            : this.#find(question.name, question.type)
          : answer
      if (found === 'silence') return
      logged.answered(rcodes[found.rcode ?? 'NOERROR'])
      const most = transport === 'tcp' ? 0xffff : (opt?.udpPayloadSize ?? usualPayload)
      send(packetOf(asked, found, most))
    } finally {
      logged.ended(false)
    }
  }

  /** @returns undefined for no answer; `found` for what the zone says */
  async #meetFaults(faults: readonly Fault[], logged: OpenCall): Promise<'found' | ZoneAnswer | undefined> {
    for (const fault of faults) {
      logged.metFault(fault.kind)
      if (fault.kind === 'latency') {
        await sleep(fault.milliseconds, undefined, { signal: this.#stopped.signal })
      } else if (fault.kind === 'throttle') return { rcode: 'REFUSED' }
      else if (fault.kind === 'error') return { rcode: 'SERVFAIL' }
      else return undefined
    }
    return 'found'
  }

  #find(name: string, type: string): ZoneAnswer | 'silence' {
    const key = name.toLowerCase()
    const found = this.overrides.get(key) ?? recordsOf(key)
    if (found === 'silence' || found.rcode !== undefined) return found
    const records = found.records ?? []
    // An alias is answered with, whatever is asked for.
    return { records: records.filter((record) => record.type === type || record.type === 'CNAME') }
  }
}

function packetOf(asked: Packet, { rcode = 'NOERROR', records = [] }: ZoneAnswer, most: number): Buffer {
  const flags = AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | rcodes[rcode]
  const write = (answers: readonly Answer[], more: number) =>
    encode({
      type: 'response',
      id: asked.id,
      flags: flags | more,
      questions: asked.questions,
      answers: [...answers],
    })
  const whole = write(records, 0)
  return whole.length <= most ? whole : write(records.slice(0, 1), TRUNCATED_RESPONSE).subarray(0, most)
}
