/**
 * Conditions on columns as filters of EC2's Describe calls.
 *
 * In a filter's value `*` and `?` stand for other characters, a backslash takes them as they are, and the API may reject
 * values of a form that it does not know. So a condition becomes a filter only if all its values have the form that the
 * API gives them in its answers; otherwise, PostgreSQL alone decides on it.
 */
import type { Filter } from '@aws-sdk/client-ec2'
import type { Key, Qual, QualValue } from '@millrace/plugin-sdk'

export interface ColumnFilter {
  /** The API's name of the filter. */
  readonly name: string
  readonly form: RegExp
  /** Whether it is one of true and false, of which what is not the one is the other. */
  readonly isBoolean?: true
  /** Whether the column is of type inet. */
  readonly isAddress?: true
}

export type ColumnFilters = Readonly<Record<string, ColumnFilter>>

/** Forms of values that many filters have in common. */
export const filterForms = {
  /** An address without a mask, as PostgreSQL prints it and as EC2 does. */
  ipv4: /^\d{1,3}(?:\.\d{1,3}){3}$/,
  account: /^\d{12}$/,
  /** Names of the API's own, such as states and zones. */
  word: /^[a-z0-9-]+$/,
  hostname: /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/,
  arn: /^arn:aws[a-z-]*:[\w+=/:,.@-]+$/,
} as const

/** The form of identifiers such as `i-0123456789abcdef0`. */
export function identifierForm(kind: string): RegExp {
  return new RegExp(`^${kind}-[0-9a-f]+$`)
}

export function addressFilter(name: string): ColumnFilter {
  return { name, form: filterForms.ipv4, isAddress: true }
}

export function booleanFilter(name: string): ColumnFilter {
  return { name, form: /^(?:true|false)$/, isBoolean: true }
}

/** The keys of the columns that have filters. */
export function filterKeysOf<Filters extends ColumnFilters>(
  filters: Filters,
): { readonly [Column in keyof Filters]: Key } {
  const keys = Object.entries(filters).map(([column, { isBoolean, isAddress }]): [string, Key] => [
    column,
    {
      operators: isBoolean ? ['=', '<>'] : ['='],
      inherent: true,
      ...(isAddress ? { hostsOnly: true } : {}),
    },
  ])
  return Object.fromEntries(keys) as { readonly [Column in keyof Filters]: Key }
}

/** The most values that EC2 takes in one filter. */
const mostValues = 200

/** Conditions by column. */
type QualsByColumn = { readonly [column: string]: readonly Qual<QualValue>[] | undefined }

export function filtersOf(filters: ColumnFilters, quals: QualsByColumn): Filter[] {
  return Object.entries(filters).flatMap(([column, { name, form, isBoolean }]) =>
    (quals[column] ?? []).flatMap((qual) => {
      const values = valuesOf(qual, isBoolean === true)
      const canSay =
        values.length > 0 && values.length <= mostValues && values.every((value) => form.test(value))
      return canSay ? [{ Name: name, Values: values }] : []
    }),
  )
}

function valuesOf(qual: Qual<QualValue>, isBoolean: boolean): string[] {
  if (qual.operator === '=') return qual.values.map(String)
  return qual.operator === '<>' && isBoolean ? [String(qual.value !== true)] : []
}
