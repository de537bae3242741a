/**
 * Conditions on addresses as filters of DescribeAddresses.
 *
 * In a filter's value `*` and `?` stand for other characters, and the API may reject values of a form that it does
 * not know. So a condition becomes a filter only if all its values have the form that the API gives them in its
 * answers; otherwise, PostgreSQL alone decides on it.
 */
import type { Filter } from '@aws-sdk/client-ec2'
import { equalValues, type Key, type Quals } from '@millrace/plugin-sdk'
import type { AddressColumns } from './columns.js'

interface AddressFilter {
  readonly name: string
  readonly form: RegExp
}

/** An address without a mask, as PostgreSQL prints it and as EC2 does. */
const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/

const filters = {
  allocation_id: { name: 'allocation-id', form: /^eipalloc-[0-9a-f]+$/ },
  public_ip: { name: 'public-ip', form: ipv4 },
  domain: { name: 'domain', form: /^(?:vpc|standard)$/ },
  association_id: { name: 'association-id', form: /^eipassoc-[0-9a-f]+$/ },
  instance_id: { name: 'instance-id', form: /^i-[0-9a-f]+$/ },
  network_border_group: { name: 'network-border-group', form: /^[a-z0-9-]+$/ },
  network_interface_id: { name: 'network-interface-id', form: /^eni-[0-9a-f]+$/ },
  network_interface_owner_id: { name: 'network-interface-owner-id', form: /^\d{12}$/ },
  private_ip_address: { name: 'private-ip-address', form: ipv4 },
} as const satisfies { readonly [Column in keyof AddressColumns]?: AddressFilter }

type FilteredColumn = keyof typeof filters

const filterKey: Key = { operators: ['='], inherent: true }

export const filterKeys: Readonly<Record<FilteredColumn, Key>> = {
  allocation_id: filterKey,
  public_ip: filterKey,
  domain: filterKey,
  association_id: filterKey,
  instance_id: filterKey,
  network_border_group: filterKey,
  network_interface_id: filterKey,
  network_interface_owner_id: filterKey,
  private_ip_address: filterKey,
}

/** The most values that EC2 takes in one filter. */
const mostValues = 200

export function filtersOf(quals: Quals<AddressColumns>): Filter[] {
  return (Object.entries(filters) as [FilteredColumn, AddressFilter][]).flatMap(
    ([column, { name, form }]) => {
      const values = equalValues(quals[column])
      const canSay =
        values !== undefined && values.length <= mostValues && values.every((value) => form.test(value))
      return canSay ? [{ Name: name, Values: [...values] }] : []
    },
  )
}
