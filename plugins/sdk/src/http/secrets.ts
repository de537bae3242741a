/**
 * Secrets that go out with requests, and must not come back in messages: APIs and proxies repeat what they were asked.
 */

const mask = '***'

/** The parts of a request that must not be shown. */
export interface RequestSecrets {
  /** Parameters of the query, by name. */
  readonly query?: Readonly<Record<string, string>>
  /** Headers, by name. In `Bearer abc`, `abc` is a secret by itself. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Takes secrets out of texts, in every spelling that they may come back in. */
export class Secrets {
  /** The spellings, the longest first: one may be part of another. */
  readonly #spellings: readonly string[]

  constructor({ query = {}, headers = {} }: RequestSecrets) {
    const values = [
      ...Object.values(query),
      ...Object.values(headers).flatMap((value) => [value, value.slice(value.indexOf(' ') + 1)]),
    ]
    const spellings = new Set(values.flatMap(spellingsOf).filter((spelling) => spelling !== ''))
    this.#spellings = [...spellings].sort((one, other) => other.length - one.length)
  }

  hideIn(text: string): string {
    return this.#spellings.reduce((hidden, spelling) => hidden.replaceAll(spelling, mask), text)
  }
}

/** The spellings of a secret: as it is, in a URL, in a form, in JSON, in HTML. */
function spellingsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    encodeURI(secret),
    new URLSearchParams({ '': secret }).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  ]
}
