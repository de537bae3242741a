/**
 * Errors of an API that a connection's settings tolerate. Steampipe's AWS plugin has settings of the same names, with
 * globs for codes and regular expressions for messages.
 */
import type { ApiError } from '@millrace/plugin-sdk'
import { wildcardTest } from './wildcard.js'

export interface IgnoredErrorsOptions {
  /** The API's codes of errors, in which `*` stands for any run of characters and `?` for one. */
  readonly codes?: readonly string[] | undefined
  /** Regular expressions of what the API says. */
  readonly messages?: readonly string[] | undefined
}

export class IgnoredErrors {
  readonly #codes: readonly RegExp[]
  readonly #messages: readonly RegExp[]

  /** @throws SyntaxError where a message is no regular expression */
  constructor({ codes = [], messages = [] }: IgnoredErrorsOptions) {
    this.#codes = codes.map(wildcardTest)
    this.#messages = messages.map(messageTest)
  }

  /**
   * Whether the error is to be ignored. Only what the API itself has said can be: not a cancellation, nor a failure
   * of this machine.
   */
  has({ sqlState, code, message, detail }: ApiError): boolean {
    if (sqlState !== 'HV000' && sqlState !== 'HV00N') return false
    if (code !== undefined && this.#codes.some((test) => test.test(code))) return true
    return this.#messages.some((test) => test.test(detail ?? message))
  }
}

/**
 * A regular expression of the settings. Flags may stand at its beginning, as Go has them: `(?i)denied`.
 * @throws SyntaxError where it is none
 */
export function messageTest(source: string): RegExp {
  const [written = '', flags = ''] = /^\(\?([ims]+)\)/.exec(source) ?? []
  return new RegExp(source.slice(written.length), [...new Set(`${flags}u`)].join(''))
}
