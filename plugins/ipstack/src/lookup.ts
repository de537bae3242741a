/**
 * Lookups of addresses, in as few calls as the plan allows.
 */

import type { Scan } from '@millrace/plugin-sdk'
import { fieldsOf } from '@millrace/plugin-sdk'
import { canonicalAddress } from './address.js'
import { type LookupColumn, sources } from './columns.js'
import type { IpstackConnection, LookupOptions } from './connection.js'
import { type Refusal, refusalCode, refusalError, refusalOf } from './ipstack-error.js'

/** What a lookup needs of a scan. */
export interface LookupScan extends Pick<Scan, 'call'> {
  readonly connection: IpstackConnection
  readonly columns: ReadonlySet<LookupColumn>
}

/** What the API says of an address; an object without fields where it rejects the address. */
export type Answer = object

/** Asks about the address that the request comes from. */
export async function lookUpRequester(scan: LookupScan): Promise<Answer> {
  const answer = await ask('Requester Lookup', 'check', scan, { isExpected: isOfOneAddress, refusals: [] })
  if (answer instanceof Refused) throw refusalError(answer.refusal)
  return answer
}

/** @returns the answers in the order of the addresses */
export async function lookUp(addresses: readonly string[], scan: LookupScan): Promise<readonly Answer[]> {
  const most = scan.connection.addressesPerCall
  if (addresses.length <= 1 || most <= 1) return lookUpSingly(addresses, scan)
  const parts: (readonly string[])[] = []
  for (let start = 0; start < addresses.length; start += most)
    parts.push(addresses.slice(start, start + most))
  const answers = await Promise.all(
    parts.map((part) => (part.length === 1 ? lookUp(part, scan) : lookUpTogether(part, scan))),
  )
  return answers.flat()
}

/** Makes one call for each address, side by side; the first that fails stops the others. */
async function lookUpSingly(addresses: readonly string[], scan: LookupScan): Promise<readonly Answer[]> {
  const stop = new AbortController()
  try {
    return await Promise.all(addresses.map((address) => lookUpOne(address, scan, stop.signal)))
  } catch (error) {
    stop.abort()
    throw error
  }
}

async function lookUpOne(address: string, scan: LookupScan, stop?: AbortSignal): Promise<Answer> {
  const expected = { isExpected: isOfOneAddress, refusals: [refusalCode.invalidAddress] }
  const answer = await ask('Standard Lookup', address, scan, expected, stop)
  return answer instanceof Refused ? {} : answer
}

async function lookUpTogether(addresses: readonly string[], scan: LookupScan): Promise<readonly Answer[]> {
  const { connection } = scan
  const refusals: number[] = [refusalCode.tooManyAddresses, refusalCode.noBulk, refusalCode.invalidAddress]
  // With the security module asked for, the plan probably lacks that instead.
  if (!optionsOf(scan).security) refusals.push(refusalCode.accessRestricted)
  const expected = { isExpected: Array.isArray, refusals }
  const answer = await ask('Bulk Lookup', addresses.join(','), scan, expected)
  if (answer instanceof Refused) {
    const { code } = answer.refusal
    if (code === refusalCode.invalidAddress) {
      // One address that the API rejects fails the call for all.
      return lookUpSingly(addresses, scan)
    }
    const fewer = code === refusalCode.tooManyAddresses ? Math.floor(addresses.length / 2) : 1
    connection.addressesPerCall = Math.min(connection.addressesPerCall, fewer)
    return lookUp(addresses, scan)
  }
  const answers = Array.isArray(answer) ? answer : []
  return Promise.all(
    matched(addresses, answers).map((found, index) => found ?? lookUpOne(addresses[index] ?? '', scan)),
  )
}

/** Answers by the address that they name, however it is spelt; what the API left out is undefined. */
function matched(addresses: readonly string[], answers: readonly unknown[]): (Answer | undefined)[] {
  const byAddress = new Map<string, Answer>()
  for (const answer of answers) {
    const { ip } = fieldsOf(answer)
    if (typeof ip === 'string' && refusalOf(answer) === undefined) {
      byAddress.set(canonicalAddress(ip), fieldsOf(answer))
    }
  }
  return addresses.map((address) => byAddress.get(canonicalAddress(address)))
}

class Refused {
  constructor(readonly refusal: Refusal) {}
}

/** What is not a failure. */
interface Expected {
  /** Whether an answer is of the kind that was asked for. */
  readonly isExpected: (answer: object) => boolean
  /** Codes of errors that are returned; others are thrown. */
  readonly refusals: readonly number[]
}

/** Whether an answer is about one address: it names the address even if nothing else is known. */
function isOfOneAddress(answer: object): boolean {
  return typeof fieldsOf(answer).ip === 'string'
}

/**
 * @param stop aborted when the answer is no longer wanted
 */
async function ask(
  name: string,
  subject: string,
  scan: LookupScan,
  expected: Expected,
  stop?: AbortSignal,
): Promise<Answer | Refused> {
  const { connection } = scan
  const options = optionsOf(scan)
  const answer = await scan.call(name, async (signal) => {
    const either = stop ? AbortSignal.any([signal, stop]) : signal
    const json = await connection.get(subject, options, expected.isExpected, either)
    const refusal = refusalOf(json)
    if (refusal === undefined) return json
    const isAboutFields = refusal.code === refusalCode.invalidFields && options.onlyMain
    if (expected.refusals.includes(refusal.code) || isAboutFields) return new Refused(refusal)
    throw refusalError(refusal)
  })
  if (!(answer instanceof Refused) || answer.refusal.code !== refusalCode.invalidFields) return answer
  connection.takesFields = false
  return ask(name, subject, scan, expected, stop)
}

/**
 * The parameters of a lookup. Modules and host names are asked for only where columns show them; plans that lack a
 * module reject its name.
 */
function optionsOf({ connection, columns }: LookupScan): LookupOptions {
  const names = [...columns]
  const hostname = columns.has('hostname')
  const security = connection.security && names.some((column) => sources[column][0] === 'security')
  const onlyMain = names.every((column) => sources[column].length === 1 || sources[column][0] === 'security')
  return { hostname, security, onlyMain: onlyMain && !hostname && !security && connection.takesFields }
}
