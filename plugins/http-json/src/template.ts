/** Texts with the names of key columns in braces, such as `/users/{id}`. */
import { ApiError } from '@millrace/plugin-sdk'

const placeholder = /\{([^{}]*)\}/g

/** The names that stand in some texts, each once. */
export function placeholdersOf(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.flatMap((text) => [...text.matchAll(placeholder)].map(([, name = '']) => name)))]
}

export type KeyValues = ReadonlyMap<string, string>

/**
 * A path with values in it. Whatever they are, the path has the same parts.
 * @throws ApiError for a value that would lead elsewhere
 */
function filledPath(path: string, values: KeyValues): string {
  return path
    .split('/')
    .map((part) => {
      const filled = part.replace(placeholder, (_, name: string) =>
        encodeURIComponent((values.get(name) ?? '').toWellFormed()),
      )
      if (filled === part || !/^\.{0,2}$/.test(filled)) return filled
      throw new ApiError(`the key column ${placeholdersOf([part]).join(', ')} cannot be "${filled}"`, {
        detail: `It would be another path than ${path}.`,
        hint: 'Leave out such values, by a condition of the query.',
      })
    })
    .join('/')
}

/** Parameters with values in them; those for which there is no value are left out. */
function filledQuery(
  query: Readonly<Record<string, string>>,
  values: KeyValues,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(query).flatMap(([name, text]) => {
      if (!placeholdersOf([text]).every((key) => values.has(key))) return []
      return [[name, text.replace(placeholder, (_, key: string) => values.get(key) ?? '')]]
    }),
  )
}

/**
 * A path with its query, as a request has them.
 * @throws ApiError for a value that would lead elsewhere
 */
export function filledTarget(
  { path, query }: { readonly path: string; readonly query: Readonly<Record<string, string>> },
  values: KeyValues,
): string {
  const parameters = String(new URLSearchParams(filledQuery(query, values)))
  return `${filledPath(path, values)}${parameters === '' ? '' : `?${parameters}`}`
}
