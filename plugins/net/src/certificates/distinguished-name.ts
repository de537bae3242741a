/** Names of subjects and issuers, as Go's crypto/x509 writes them, which Steampipe shows. */
import type { RelativeDistinguishedNames } from 'pkijs'
import { attributeIds } from './object-identifiers.js'

/** The attributes that Go knows, the last first, as RFC 2253 wants it. */
const shown: readonly (readonly [label: string, id: string])[] = [
  ['SERIALNUMBER', attributeIds.serialNumber],
  ['CN', attributeIds.commonName],
  ['POSTALCODE', attributeIds.postalCode],
  ['STREET', attributeIds.street],
  ['ST', attributeIds.state],
  ['L', attributeIds.locality],
  ['OU', attributeIds.organizationalUnit],
  ['O', attributeIds.organization],
  ['C', attributeIds.country],
]

export class DistinguishedName {
  readonly #name: RelativeDistinguishedNames

  constructor(name: RelativeDistinguishedNames) {
    this.#name = name
  }

  /** All values of an attribute. */
  all(id: string): readonly string[] {
    return this.#name.typesAndValues.flatMap(({ type, value }) => {
      const text: unknown = Object(value.valueBlock).value
      return type === id && typeof text === 'string' ? [text] : []
    })
  }

  /** The first value of an attribute; the last of a common name, as Go has it. */
  one(id: string): string | undefined {
    const values = this.all(id)
    return id === attributeIds.commonName ? values.at(-1) : values[0]
  }

  /** The whole name: `CN=example.com,O=Example,C=US`. */
  get text(): string {
    return shown
      .flatMap(([label, id]) => {
        const values = this.all(id)
        return values.length === 0 ? [] : [values.map((value) => `${label}=${escaped(value)}`).join('+')]
      })
      .join(',')
  }
}

/** RFC 2253, section 2.4. */
function escaped(value: string): string {
  return value
    .replace(/[,+"\\<>;]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ')
}
