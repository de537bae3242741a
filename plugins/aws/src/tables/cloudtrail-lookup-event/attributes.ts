/** Conditions as the lookup attribute of LookupEvents, which takes one with one value. */
import type { Event, LookupAttribute, LookupAttributeKey } from '@aws-sdk/client-cloudtrail'
import { equalValues, type Quals } from '@millrace/plugin-sdk'
import type { LookupColumn, LookupColumns } from './columns.js'

interface Attribute {
  readonly column: LookupColumn & keyof Quals<LookupColumns>
  readonly key: LookupAttributeKey
  /** The attribute's values in an event. */
  readonly valuesOf: (event: Event) => readonly (string | undefined)[]
}

/** The attributes; those whose values are in the fewest events come first. */
const attributes = [
  { column: 'event_id', key: 'EventId', valuesOf: (event) => [event.EventId] },
  { column: 'access_key_id', key: 'AccessKeyId', valuesOf: (event) => [event.AccessKeyId] },
  {
    column: 'resource_name',
    key: 'ResourceName',
    valuesOf: (event) => (event.Resources ?? []).map(({ ResourceName }) => ResourceName),
  },
  { column: 'username', key: 'Username', valuesOf: (event) => [event.Username] },
  { column: 'event_name', key: 'EventName', valuesOf: (event) => [event.EventName] },
  {
    column: 'resource_type',
    key: 'ResourceType',
    valuesOf: (event) => (event.Resources ?? []).map(({ ResourceType }) => ResourceType),
  },
  { column: 'event_source', key: 'EventSource', valuesOf: (event) => [event.EventSource] },
  { column: 'read_only', key: 'ReadOnly', valuesOf: (event) => [event.ReadOnly] },
] as const satisfies readonly Attribute[]

/** One question to LookupEvents: the attribute, and which of the returned events are meant. */
export interface Lookup {
  readonly attribute: LookupAttribute | undefined
  readonly isMeant: (event: Event) => boolean
  /** Whether events may come that are not meant. */
  readonly isLoose: boolean
}

/**
 * The questions to ask, so that all events that fulfil the conditions come, each in the answer to one question only:
 * a question for each value of the most selective attribute. The API's answer is filtered by the other attributes;
 * PostgreSQL could not do that for resource_name and resource_type, since their columns repeat what was asked.
 */
export function lookupsOf(quals: Quals<LookupColumns>): readonly [Lookup, ...Lookup[]] {
  const asked = attributes.flatMap((attribute) => {
    const values = equalValues(quals[attribute.column])
    return values === undefined ? [] : [{ ...attribute, values }]
  })
  const fulfilsAll = (event: Event) =>
    asked.every(({ values, valuesOf }) => intersect(values, valuesOf(event)))
  const chosen = asked.find(({ key, values }) => values.every((value) => canBeAsked(key, value)))
  if (chosen === undefined) return [{ attribute: undefined, isMeant: fulfilsAll, isLoose: asked.length > 0 }]
  const lookup = (value: string): Lookup => ({
    attribute: { AttributeKey: chosen.key, AttributeValue: value },
    isMeant: (event) => chosen.valuesOf(event).some((has) => has === value) && fulfilsAll(event),
    isLoose: asked.length > 1,
  })
  const [first, ...others] = chosen.values
  return [lookup(first), ...others.map(lookup)]
}

function intersect(values: readonly string[], has: readonly (string | undefined)[]): boolean {
  return has.some((value) => value !== undefined && values.includes(value))
}

/** Whether LookupAttribute takes a value: at most 2000 characters, some of which count twice. */
function canBeAsked(key: LookupAttributeKey, value: string): boolean {
  if (key === 'ReadOnly') return value === 'true' || value === 'false'
  const length = value.length + (value.match(/[_ ,\n]/g)?.length ?? 0)
  return length >= 1 && length <= 2000
}
