/** The setting `allow_private_addresses`, which plugins share that connect where queries or settings lead. */
import { BlockList, isIP, isIPv6 } from 'node:net'
import { z } from 'zod'

const network = z.string().refine(isNetwork, 'expected an address or a network, such as 10.0.0.0/8')

/** Whether all addresses may be connected to, or those of some networks besides the public ones. */
export const allowPrivateAddresses = z.union([z.boolean(), z.array(network)]).default(false)

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/')
  if (isIP(address) === 0 || more.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (isIPv6(address) ? 128 : 32))
}

/** A list of networks as the setting has them. */
export function networksOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const each of networks) {
    const [address = '', prefix] = each.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    list.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family)
  }
  return list
}
