import { isIP, isIPv4, isIPv6 } from 'node:net'
import { expect, test } from 'vitest'
import { articleEvents, ipv6Events } from './article-events.js'
import { type GenerateOptions, generateEvents } from './generated-events.js'
import { oddEvents, oddMessages } from './odd-events.js'
import { publicAddress } from './public-address.js'

const account = '810361751552'
const sourceOf = (message: string): string => JSON.parse(message).sourceIPAddress

test("the article's group: each of its six IPv4 addresses once, and sources that are none", () => {
  const sources = articleEvents(account).map(({ message }) => sourceOf(message))
  // The article's own condition, which the regular expressions of JavaScript read as PostgreSQL's do.
  expect(sources.filter((source) => /^\d+.\d+/.test(source))).toEqual([
    '104.53.216.85',
    '82.102.17.180',
    '89.248.165.99',
    '107.170.20.63',
    '157.230.162.15',
    '212.102.58.164',
  ])
  const others = sources.filter((source) => !isIP(source))
  expect(others.length).toBe(sources.length - 6)
  expect(others).toContain('cloudtrail.amazonaws.com')
  expect(others).toContain('AWS Internal')
})

test('IPv6 sources stand in a group of their own', () => {
  const sources = ipv6Events(account).map(({ message }) => sourceOf(message))
  expect(sources.length).toBeGreaterThan(0)
  expect(sources.every((source) => isIPv6(source))).toBe(true)
})

test("the article's events are the same at every start, in the order of time, and differ in their ids", () => {
  const events = articleEvents(account)
  expect(articleEvents(account)).toEqual(events)
  const times = events.map(({ timestamp }) => timestamp)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(new Set(events.map(({ message }) => JSON.parse(message).eventID)).size).toBe(events.length)
})

test('odd messages stand one to a stream', () => {
  expect(oddEvents().map(({ logStreamName }) => logStreamName)).toEqual(Object.keys(oddMessages))
})

function messagesOf(options: GenerateOptions): string[] {
  const source = generateEvents(options)
  return Array.from({ length: source.length }, (_, i) => source.eventAt(i).message)
}

test('generated events depend on their options only', () => {
  const options = { count: 200, seed: 5, distinctAddresses: 30 }
  expect(messagesOf(options)).toEqual(messagesOf({ ...options }))
  expect(messagesOf({ ...options, seed: 6 })).not.toEqual(messagesOf(options))
  // More events of a seed begin with the same ones.
  expect(messagesOf({ ...options, count: 300 }).slice(0, 200)).toEqual(messagesOf(options))
  expect(messagesOf({ ...options, streams: undefined })).toEqual(messagesOf(options))
})

test('generated addresses: exactly as many as asked for, each of them there', () => {
  for (const distinctAddresses of [1, 7, 500]) {
    const sources = messagesOf({ count: 1000, distinctAddresses }).map(sourceOf)
    const addresses = new Set(sources.filter((source) => isIPv4(source)))
    expect(addresses.size).toBe(distinctAddresses)
    expect(sources.filter((source) => !isIP(source))).toHaveLength(100)
  }
  const onlyAddresses = messagesOf({ count: 100, distinctAddresses: 100, serviceEvery: 0 }).map(sourceOf)
  expect(new Set(onlyAddresses).size).toBe(100)
  expect(onlyAddresses.every((source) => isIPv4(source))).toBe(true)
  expect(() => generateEvents({ count: 1, distinctAddresses: 0 })).toThrow(RangeError)
  expect(() => generateEvents({ count: 1, distinctAddresses: 1_000_001 })).toThrow(RangeError)
})

test('numbered addresses are all different', () => {
  const addresses = new Set(Array.from({ length: 100_000 }, (_, i) => publicAddress(3, i)))
  expect(addresses.size).toBe(100_000)
})

test('the times of generated events never run backwards', () => {
  const source = generateEvents({ count: 5000, intervalMs: 0.3, startTime: 0 })
  for (let i = 1; i < source.length; i++) {
    expect(source.timestampAt(i)).toBeGreaterThanOrEqual(source.timestampAt(i - 1))
  }
})
