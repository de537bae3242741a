/**
 * Slows down who tries passwords. Each failure counts for the address and for the user; from some on, whoever comes from that
 * address gets answers one after the other, later and later, and so does whoever wants to be that user, though not for as
 * long: from elsewhere, it must not be kept out by others who fail. A right password waits as well, or else the time would
 * tell it from a wrong one.
 */
import { isIPv6 } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { ConnectionEnded } from './packet-reader.js'

interface Pace {
  /** Failures without a consequence. */
  readonly free: number
  /** The longest pause before an answer, in milliseconds. */
  readonly longest: number
  /** Whether answers wait for each other. */
  readonly inTurn: boolean
}

const ofAddress: Pace = { free: 10, longest: 8_000, inTurn: true }
const ofUser: Pace = { free: 10, longest: 1_000, inTurn: false }

/** The first pause, in milliseconds; each further failure doubles it. */
const firstPause = 250
/** After so many milliseconds, one failure is forgotten. */
const forgetting = 30_000
/** Whoever would have to wait longer is refused at once, in milliseconds. */
const longestWait = 30_000
/** Addresses, and users, that are remembered; those that have failed longest ago go first. */
const remembered = 10_000

export interface FailedLoginsOptions {
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number
  /** Resolves after so many milliseconds, or rejects when the signal is aborted. */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>
}

export class FailedLogins {
  readonly #now: () => number
  readonly #wait: (milliseconds: number, signal: AbortSignal) => Promise<unknown>
  readonly #addresses = new Failures(ofAddress)
  readonly #users = new Failures(ofUser)

  constructor({ now = () => performance.now(), wait = waitFor }: FailedLoginsOptions = {}) {
    this.#now = now
    this.#wait = wait
  }

  /**
   * Resolves when the outcome may be told.
   * @param signal aborted when nobody waits for it any more
   * @throws DatabaseError 28000 where that would take too long
   */
  async slowDown(address: string, user: string, signal: AbortSignal): Promise<void> {
    const now = this.#now()
    const pause = Math.max(this.#addresses.pauseOf(networkOf(address), now), this.#users.pauseOf(user, now))
    if (pause > longestWait) {
      throw new DatabaseError('too many logins have failed', {
        sqlState: '28000',
        hint: 'Wait for some minutes, and look at the password that is used.',
      })
    }
    if (pause === 0) return
    await this.#wait(pause, signal).catch((error: unknown) => {
      throw signal.aborted ? new ConnectionEnded('the client has gone') : error
    })
  }

  /** The number of addresses and users that are remembered. */
  get remembered(): number {
    return this.#addresses.size + this.#users.size
  }

  /** Must be called with each failure, before anything else is asked of the same address. */
  failed(address: string, user: string): void {
    const now = this.#now()
    this.#addresses.add(networkOf(address), now)
    this.#users.add(user, now)
  }
}

function waitFor(milliseconds: number, signal: AbortSignal): Promise<unknown> {
  return delay(milliseconds, undefined, { signal })
}

interface Failed {
  readonly count: number
  /** When they were counted. */
  readonly at: number
  /** When the next answer may begin to wait. */
  readonly free: number
}

class Failures {
  readonly #pace: Pace
  readonly #failed = new Map<string, Failed>()

  constructor(pace: Pace) {
    this.#pace = pace
  }

  get size(): number {
    return this.#failed.size
  }

  pauseOf(key: string, now: number): number {
    const { free, longest, inTurn } = this.#pace
    const failed = this.#failed.get(key)
    if (failed === undefined) return 0
    const tooMany = left(failed, now) - free
    if (tooMany < 0) return 0
    const pause = Math.min(longest, firstPause * 2 ** tooMany)
    if (!inTurn) return pause
    const start = Math.max(now, failed.free)
    // Who is refused takes no turn.
    if (start + pause - now <= longestWait) this.#failed.set(key, { ...failed, free: start + pause })
    return start + pause - now
  }

  add(key: string, now: number): void {
    const failed = this.#failed.get(key) ?? { count: 0, at: now, free: now }
    this.#failed.delete(key)
    this.#failed.set(key, { ...failed, count: left(failed, now) + 1, at: now })
    if (this.#failed.size <= remembered) return
    const [oldest] = this.#failed.keys()
    if (oldest !== undefined) this.#failed.delete(oldest)
  }
}

function left({ count, at }: Failed, now: number): number {
  return Math.max(0, count - (now - at) / forgetting)
}

/** Of IPv6, the first 64 bits: whoever has one address there has all of them. */
export function networkOf(address: string): string {
  if (!isIPv6(address) || /^::ffff:\d+\./i.test(address)) return address
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? []
  const groups = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(8 - groups.length - after.length).fill('0')
  return [...groups, ...zeros, ...after].slice(0, 4).join(':')
}
