/** DescribeAddresses: a region's elastic IP addresses, all in one answer. */
import type { AddressStore, ElasticAddress } from './address-store.js'
import { AwsError } from './aws-error.js'
import type { AwsContext, Serialized } from './aws-service.js'
import { escapeXml } from './wire.js'

type Parameters = Readonly<Record<string, string>>

/** Filters of the API reference, and what they look at. */
const filters: Readonly<Record<string, keyof ElasticAddress>> = {
  'allocation-id': 'allocationId',
  'association-id': 'associationId',
  domain: 'domain',
  'instance-id': 'instanceId',
  'network-border-group': 'networkBorderGroup',
  'network-interface-id': 'networkInterfaceId',
  'network-interface-owner-id': 'networkInterfaceOwnerId',
  'private-ip-address': 'privateIpAddress',
  'public-ip': 'publicIp',
}

/** The most values that a filter takes. */
const mostValues = 200

const members: readonly (keyof ElasticAddress)[] = [
  'instanceId',
  'publicIp',
  'allocationId',
  'associationId',
  'domain',
  'networkInterfaceId',
  'networkInterfaceOwnerId',
  'privateIpAddress',
  'publicIpv4Pool',
  'networkBorderGroup',
  'customerOwnedIp',
  'customerOwnedIpv4Pool',
  'carrierIp',
]

export function describeAddresses(
  parameters: Parameters,
  context: AwsContext,
  store: AddressStore,
): Serialized {
  const tests = readFilters(parameters)
  const found = store.inRegion(context.region).filter((address) => tests.every((test) => test(address)))
  return { text: `<addressesSet>${found.map(item).join('')}</addressesSet>` }
}

function readFilters(parameters: Parameters): ((address: ElasticAddress) => boolean)[] {
  const numbers = Object.keys(parameters).flatMap((key) => /^Filter\.(\d+)\.Name$/.exec(key)?.[1] ?? [])
  return numbers.map((number) => {
    const name = parameters[`Filter.${number}.Name`] ?? ''
    const member = Object.hasOwn(filters, name) ? filters[name] : undefined
    if (member === undefined) {
      throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`)
    }
    const values = Object.entries(parameters).flatMap(([key, value]) =>
      key.startsWith(`Filter.${number}.Value.`) ? [value] : [],
    )
    if (values.length > mostValues) {
      throw new AwsError('FilterLimitExceeded', `The maximum number of filter values is ${mostValues}.`)
    }
    const patterns = values.map(wildcardTest)
    return (address) => {
      const value = address[member]
      return typeof value === 'string' && patterns.some((pattern) => pattern.test(value))
    }
  })
}

/**
 * Tests against a filter's value, in which `*` stands for any run of characters, `?` for one, and a backslash takes
 * them literally.
 */
function wildcardTest(value: string): RegExp {
  const source = value.replace(/\\[*?\\]|[\s\S]/g, (part) => {
    if (part === '*') return '[\\s\\S]*'
    if (part === '?') return '[\\s\\S]'
    return part.slice(-1).replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&')
  })
  return new RegExp(`^${source}$`)
}

function item(address: ElasticAddress): string {
  const values = members.flatMap((member) => {
    const value = address[member]
    return typeof value === 'string' ? [`<${member}>${escapeXml(value)}</${member}>`] : []
  })
  const tags = Object.entries(address.tags ?? {}).map(
    ([key, value]) => `<item><key>${escapeXml(key)}</key><value>${escapeXml(value)}</value></item>`,
  )
  const tagSet = tags.length > 0 ? `<tagSet>${tags.join('')}</tagSet>` : ''
  return `<item>${values.join('')}${tagSet}</item>`
}
