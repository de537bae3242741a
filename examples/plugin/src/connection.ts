/** What the tables of one connection share: here, the way to ask the API. */
import { ApiError } from '@millrace/plugin-sdk/api-error'
import type { NpmConfig } from './config.js'

export class NpmConnection {
  readonly #config: NpmConfig

  constructor(config: NpmConfig) {
    this.#config = config
  }

  /** What the registry says of a package, as JSON; undefined where there is no such package. */
  package(name: string, signal: AbortSignal): Promise<unknown> {
    // A scoped package's name is one segment of the path: @scope%2Fname.
    return getJson(`${this.#config.registry_url}/${encodeURIComponent(name).replace('%40', '@')}`, signal)
  }

  /** How often a package was downloaded in the last seven days, as JSON. */
  lastWeek(name: string, signal: AbortSignal): Promise<unknown> {
    return getJson(`${this.#config.downloads_url}/downloads/point/last-week/${encodeURI(name)}`, signal)
  }
}

async function getJson(url: string, signal: AbortSignal): Promise<unknown> {
  let response: Response
  let text: string
  try {
    response = await fetch(url, { signal, headers: { accept: 'application/json' } })
    text = await response.text()
  } catch (cause) {
    // A query that was cancelled is no fault of the API's.
    signal.throwIfAborted()
    throw new ApiError('the npm registry could not be reached', {
      sqlState: 'HV00N',
      detail: `${new URL(url).origin}: ${cause instanceof Error ? cause.message : cause}`,
      hint: "Check the network, and the connection's settings registry_url and downloads_url.",
      cause,
    })
  }
  if (response.status === 404) return undefined
  if (response.status === 429) {
    throw new ApiError('the npm registry was asked too often', {
      detail: text.slice(0, 300),
      hint: 'Run the query again later, or narrow it to fewer packages.',
    })
  }
  try {
    if (response.ok) return JSON.parse(text)
  } catch {
    // Said below.
  }
  throw new ApiError('the npm registry gave an answer that is not its own', {
    detail: `HTTP ${response.status}: ${text.slice(0, 300)}`,
  })
}
