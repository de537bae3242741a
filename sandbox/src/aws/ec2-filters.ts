/** Filters of EC2's Describe calls. */
import { AwsError } from './aws-error.js'

export type Parameters = Readonly<Record<string, string>>

/** What each filter of a call looks at, by its name in the API reference. */
export type FilterReaders<Item> = Readonly<
  Record<string, (item: Item) => FilteredValue | readonly FilteredValue[]>
>

type FilteredValue = string | boolean | undefined

/** The most values that a filter takes. */
const mostValues = 200

/** The items that every filter lets through; an item without the value is in none. */
export function filtered<Item>(
  items: readonly Item[],
  parameters: Parameters,
  readers: FilterReaders<Item>,
): readonly Item[] {
  const tests = readFilters(parameters, readers)
  return items.filter((item) => tests.every((test) => test(item)))
}

function readFilters<Item>(
  parameters: Parameters,
  readers: FilterReaders<Item>,
): ((item: Item) => boolean)[] {
  const numbers = Object.keys(parameters).flatMap((key) => /^Filter\.(\d+)\.Name$/.exec(key)?.[1] ?? [])
  return numbers.map((number) => {
    const name = parameters[`Filter.${number}.Name`] ?? ''
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined
    if (read === undefined) {
      throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`)
    }
    const values = Object.entries(parameters).flatMap(([key, value]) =>
      key.startsWith(`Filter.${number}.Value.`) ? [value] : [],
    )
    if (values.length > mostValues) {
      throw new AwsError('FilterLimitExceeded', `The maximum number of filter values is ${mostValues}.`)
    }
    const patterns = values.map(wildcardTest)
    return (item) =>
      [read(item)]
        .flat()
        .some((value) => value !== undefined && patterns.some((pattern) => pattern.test(String(value))))
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
