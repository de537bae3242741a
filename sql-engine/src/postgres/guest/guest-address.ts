/** Where a user's PostgreSQL is, and the roles that Millrace has there, as the settings' URLs say. */
import { type ClientConfig, DatabaseError as ServerError } from 'pg'
import { DatabaseError } from '../../database-error.js'
import { guestEngineOptions } from '../engine-connections.js'
import { guestSchemas, type Names } from '../names.js'
import type { ServerPlace } from '../server-place.js'
import { type EngineUrl, placeOf, readEngineUrl, wrongUrl } from './engine-url.js'
import { lookAtServer } from './prepare-guest.js'
import type { ServerFacts } from './server-facts.js'

export interface GuestUrls {
  /** The engine's own connection. */
  readonly url: string
  /** Clients' sessions; by default they have the engine's role. */
  readonly clientUrl?: string | undefined
  /** Sessions of clients that may only read; by default there are none. */
  readonly readerUrl?: string | undefined
}

/** The names of the settings, for errors. */
export const urlNames = {
  url: 'engine.url (MILLRACE_ENGINE_URL)',
  clientUrl: 'engine.client_url (MILLRACE_ENGINE_CLIENT_URL)',
  readerUrl: 'engine.reader_url (MILLRACE_ENGINE_READER_URL)',
} as const

/** What the URLs say, with the server's place. */
export interface GuestAddress {
  readonly names: Names
  readonly place: ServerPlace
  readonly engine: EngineUrl
  readonly engineConfig: ClientConfig
  readonly client: EngineUrl
  readonly reader: EngineUrl | undefined
}

/** @throws DatabaseError F0000 for a URL that cannot be used, Error when the server cannot be reached */
export async function guestAddress(urls: GuestUrls): Promise<GuestAddress> {
  const { engine, client, reader } = readUrls(urls)
  const place = await reaching(engine, () => placeOf(engine, urlNames.url))
  return { names: guestNames(urls), place, engine, engineConfig: configOf(engine, place), client, reader }
}

/** @throws DatabaseError F0000 for a URL that cannot be used */
export function guestNames(urls: GuestUrls): Names {
  const { engine, client, reader } = readUrls(urls)
  return {
    ...guestSchemas,
    database: engine.database,
    engineRole: engine.user,
    clientRole: client.user,
    readerRole: reader?.user,
  }
}

/** What is to be known of the server before anything is done there. @throws DatabaseError that names it */
export async function lookAtGuestServer(urls: GuestUrls): Promise<ServerFacts> {
  const { engine, engineConfig } = await guestAddress(urls)
  return reaching(engine, () => lookAtServer(engineConfig))
}

function readUrls({ url, clientUrl, readerUrl }: GuestUrls) {
  const engine = readEngineUrl(url, urlNames.url)
  return {
    engine,
    client: otherRole(clientUrl, engine, urlNames.clientUrl) ?? engine,
    reader: otherRole(readerUrl, engine, urlNames.readerUrl),
  }
}

function otherRole(text: string | undefined, engine: EngineUrl, name: string): EngineUrl | undefined {
  if (text === undefined) return undefined
  const other = readEngineUrl(text, name)
  if (other.host !== engine.host || other.port !== engine.port || other.database !== engine.database) {
    throw wrongUrl(name, 'It must have the host, the port and the database of engine.url, and another role.')
  }
  return other
}

export function configOf(
  { user, password, database, host, port }: EngineUrl,
  place: ServerPlace,
): ClientConfig {
  return {
    host,
    port,
    user,
    // Without one, pg would look into the environment, which may hold one for something else.
    password: password ?? '',
    database,
    application_name: 'millrace',
    ssl: place.kind === 'network' && place.encryption !== undefined ? place.encryption : false,
    keepAlive: true,
    connectionTimeoutMillis: 15_000,
    options: guestEngineOptions,
  }
}

/** @throws DatabaseError that names the server, where it was not reached or has let nobody in */
export async function reaching<Result>(
  { host, port, user, database }: EngineUrl,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DatabaseError) throw error
    const message = error instanceof Error ? error.message || String(Object(error).code) : String(error)
    const where = `PostgreSQL at ${host}:${port}`
    if (error instanceof ServerError) {
      throw new DatabaseError(
        `${where} has refused the role "${user}" in the database "${database}": ${message}`,
        {
          sqlState: error.code ?? '08006',
          detail: error.detail,
          hint: error.hint ?? 'See docs/own-postgres.md for what Millrace needs there.',
          cause: error,
        },
      )
    }
    throw new DatabaseError(`${where} cannot be reached: ${message}`, {
      sqlState: '08001', // sqlclient_unable_to_establish_sqlconnection
      hint: 'Check engine.url (MILLRACE_ENGINE_URL), and that the server runs.',
      cause: error,
    })
  }
}
