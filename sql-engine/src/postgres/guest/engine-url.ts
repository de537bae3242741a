/** The URL of a user's own PostgreSQL, as libpq understands it: https://www.postgresql.org/docs/18/libpq-connect.html */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { DatabaseError } from '../../database-error.js'
import { type Encryption, offersEncryption, type ServerPlace } from '../server-place.js'

export interface EngineUrl {
  readonly user: string
  readonly password: string | undefined
  readonly database: string
  /** A host, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly encryption: WantedEncryption
}

export interface WantedEncryption {
  readonly mode: EncryptionMode
  /** Paths of PEM files; `system` for the roots that Node.js comes with. */
  readonly root: string | undefined
  readonly certificate: string | undefined
  readonly key: string | undefined
}

const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
type EncryptionMode = (typeof modes)[number]

const knownParameters: ReadonlySet<string> = new Set(['host', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey'])

const schemes: ReadonlySet<string> = new Set(['postgres:', 'postgresql:'])

/**
 * @param name of the setting, for errors; these never hold the URL, which has a password in it
 * @throws DatabaseError F0000 that says what is wrong with it
 */
export function readEngineUrl(text: string, name: string): EngineUrl {
  const fault = (why: string) => wrongUrl(name, why)
  const url = parse(text) ?? parse(withoutSocketFolder(text))
  if (url === undefined || !schemes.has(url.protocol)) {
    throw fault('It is no URL such as postgres://role:password@host:5432/database.')
  }
  const parameters = url.searchParams
  for (const key of parameters.keys()) {
    if (!knownParameters.has(key)) {
      throw fault(`It has the parameter "${key}"; there are ${[...knownParameters].join(', ')}.`)
    }
  }
  const decoded = (part: string) =>
    decodePart(part) ?? raise(fault('It has a % that is not followed by two digits.'))
  const user = decoded(url.username)
  if (user === '') throw fault('It names no role.')
  const socketFolder = /^[a-z]+:\/\/[^/@]*@?(%2F[^/:?]*)/i.exec(text)?.[1]
  const host =
    parameters.get('host') ?? (socketFolder === undefined ? undefined : decoded(socketFolder)) ?? url.hostname
  if (host.includes(',')) throw fault('It names several hosts; Millrace connects to one.')
  const mode = parameters.get('sslmode') ?? (host.startsWith('/') ? 'disable' : 'prefer')
  if (!isMode(mode)) throw fault(`Its sslmode is none of ${modes.join(', ')}.`)
  return {
    user,
    password: url.password === '' ? undefined : decoded(url.password),
    database: decoded(url.pathname.slice(1)) || user,
    host: (host || 'localhost').replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 5432 : Number(url.port),
    encryption: {
      mode,
      root: parameters.get('sslrootcert') ?? undefined,
      certificate: parameters.get('sslcert') ?? undefined,
      key: parameters.get('sslkey') ?? undefined,
    },
  }
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

/** A socket's folder where a host stands, `%2Fvar%2Frun`, is no host to a URL; nor is no host. */
function withoutSocketFolder(text: string): string {
  return text.replace(/^([a-z]+:\/\/(?:[^/@]*@)?)(?:%2F[^/:?]*|(?=[/:?]|$))/i, '$1localhost')
}

function decodePart(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

function raise(error: Error): never {
  throw error
}

function isMode(text: string): text is EncryptionMode {
  return modes.some((mode) => mode === text)
}

export function wrongUrl(name: string, detail: string): DatabaseError {
  return new DatabaseError(`${name} cannot be used`, {
    sqlState: 'F0000', // config_file_error
    detail,
    hint: 'See docs/own-postgres.md.',
  })
}

/**
 * Where the server listens. Under `prefer` and `allow`, it is asked whether it encrypts.
 * @throws DatabaseError F0000 when a certificate cannot be read, Error when the server cannot be reached
 */
export async function placeOf({ host, port, encryption }: EngineUrl, name: string): Promise<ServerPlace> {
  if (host.startsWith('/')) return { kind: 'socket', path: join(host, `.s.PGSQL.${port}`) }
  const { mode } = encryption
  const isWanted = mode === 'disable' ? false : isStrict(mode) || (await offersEncryption({ host, port }))
  return { kind: 'network', host, port, encryption: isWanted ? encryptionOf(encryption, name) : undefined }
}

function isStrict(mode: EncryptionMode): boolean {
  return mode !== 'prefer' && mode !== 'allow'
}

/** As libpq: `require` checks the server's certificate only where a root is given. */
function encryptionOf({ mode, root, certificate, key }: WantedEncryption, name: string): Encryption {
  const isChecked =
    mode === 'verify-ca' || mode === 'verify-full' || (mode === 'require' && root !== undefined)
  const ca = root === undefined || root === 'system' ? [...rootCertificates] : pem(root, 'sslrootcert', name)
  const own =
    certificate === undefined && key === undefined
      ? {}
      : { cert: pem(certificate, 'sslcert', name), key: pem(key, 'sslkey', name) }
  if (!isChecked) return { rejectUnauthorized: false, ...own }
  return {
    rejectUnauthorized: true,
    ca,
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    ...own,
  }
}

function pem(path: string | undefined, parameter: string, name: string): string {
  if (path === undefined) throw wrongUrl(name, `It has sslcert or sslkey, but not ${parameter}.`)
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw wrongUrl(name, `The file of ${parameter} cannot be read: ${why}`)
  }
}
