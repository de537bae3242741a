/** What the tables of one connection share: here, the way to ask the API. */
import { type ConnectContext, HttpClient } from '@millrace/plugin-sdk'
import type { NpmConfig } from './config.js'

const api = {
  name: 'the npm registry',
  hints: {
    address: "Check the connection's settings registry_url and downloads_url",
    throttled: 'Run the query again later, or narrow it to fewer packages.',
  },
}

export class NpmConnection {
  readonly #registry: HttpClient
  readonly #downloads: HttpClient

  constructor({ registry_url, downloads_url }: NpmConfig, { maxAnswerBytes }: ConnectContext) {
    this.#registry = new HttpClient({ api, url: registry_url, maxAnswerBytes })
    this.#downloads = new HttpClient({ api, url: downloads_url, maxAnswerBytes })
  }

  /** What the registry says of a package, as JSON; undefined where there is no such package. */
  package(name: string, signal: AbortSignal): Promise<unknown> {
    // A scoped package's name is one segment of the path: @scope%2Fname.
    return ask(this.#registry, `/${encodeURIComponent(name).replace('%40', '@')}`, signal)
  }

  /** How often a package was downloaded in the last seven days, as JSON. */
  lastWeek(name: string, signal: AbortSignal): Promise<unknown> {
    return ask(this.#downloads, `/downloads/point/last-week/${encodeURI(name)}`, signal)
  }

  async close(): Promise<void> {
    await Promise.all([this.#registry.close(), this.#downloads.close()])
  }
}

/** A package that is not there is none, if it is the registry that says so, and not a proxy's page. */
async function ask(client: HttpClient, path: string, signal: AbortSignal): Promise<unknown> {
  const answer = await client.get(path, { signal })
  return answer.status === 404 && answer.json !== undefined ? undefined : answer.expectJson()
}
