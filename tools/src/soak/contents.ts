/** What the sandbox holds for the soak, and what follows from it for an answer, by plain computation. */
import { locate } from '@millrace/sandbox/ipstack/locate'
import type { Sandbox } from '@millrace/sandbox/sandbox'
import { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'

export interface SoakEvent {
  /** Milliseconds since 1970; no two events have the same. */
  readonly timestamp: number
  readonly name: string
  readonly address: string
  readonly user: string
  readonly readOnly: boolean
}

export const logGroup = 'soak'
const region = 'us-east-1'

const eventCount = 3_000
const firstTimestamp = Date.UTC(2026, 0, 1)
/** The most milliseconds between two events. */
const longestPause = 120_000

const names = [
  'GetObject',
  'PutObject',
  'ConsoleLogin',
  'AssumeRole',
  'RunInstances',
  'StopInstances',
  'CreateUser',
  'DeleteBucket',
] as const

/** @returns the events, in the order of time */
export function soakEvents(seed: number): readonly SoakEvent[] {
  const random = new SeededRandom(seed)
  const addresses = random.numbers(60, 1 << 16).map(addressOf)
  let timestamp = firstTimestamp
  return Array.from({ length: eventCount }, () => {
    timestamp += 1 + random.below(longestPause)
    const name = random.pick(names)
    const address = addresses[random.below(addresses.length)] ?? addressOf(0)
    return { timestamp, name, address, user: `user ${random.below(20)}`, readOnly: name.startsWith('Get') }
  })
}

/** One of 65,536 public addresses. */
export function addressOf(number: number): string {
  return `54.${160 + (number >> 14)}.${(number >> 8) & 63}.${number & 255}`
}

/** The city that ipstack has for an address. */
export function cityOf(address: string): string {
  const { city } = locate(address, new Date(0))
  return typeof city === 'string' ? city : ''
}

export function countryOf(address: string): string {
  const { country_code: code } = locate(address, new Date(0))
  return typeof code === 'string' ? code : ''
}

export function putInto(sandbox: Sandbox, events: readonly SoakEvent[]): void {
  sandbox.logs.addEvents(
    region,
    logGroup,
    events.map(({ timestamp, name, address, user, readOnly }) => ({
      timestamp,
      message: JSON.stringify({
        eventVersion: '1.08',
        eventTime: new Date(timestamp).toISOString(),
        eventName: name,
        eventSource: 'soak.amazonaws.com',
        awsRegion: region,
        sourceIPAddress: address,
        readOnly,
        userIdentity: { type: 'IAMUser', userName: user },
      }),
    })),
  )
}
