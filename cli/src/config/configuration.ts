/** The configuration file: config.json in the home. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultQuotas } from '@millrace/sql-engine/quota/quotas'
import { z } from 'zod'
import { UserError } from '../user-error.js'

/** The name of a built-in plugin, such as `aws`, or of an npm package. */
const plugin = z.string().min(1)

/** A connection whose tables combine those of several others. */
const aggregator = z.strictObject({
  type: z.literal('aggregator'),
  plugin,
  /** Names of connections, in which `*` stands for any run of characters and `?` for one. */
  connections: z.array(z.string().min(1)).min(1),
  /** Whether a query goes on, with a notice, when an API fails one of them. */
  on_member_failure: z.enum(['error', 'notice']).optional(),
})

const timeToLive = z
  .number()
  .min(0)
  .max(86_400 * 365)

const regularExpression = z.string().refine(isRegularExpression, 'expected a regular expression')

/** The plugin checks the other settings. */
const settings = z.looseObject({
  plugin,
  /** How many seconds the connection's rows answer later statements, whatever its tables say. */
  cache_ttl: timeToLive.optional(),
  /** The most API calls in flight, over all connections to the account together. */
  max_concurrency: z.int().min(1).max(1000).optional(),
  /** Calls a second, by the API's name of the call; each region has as many. */
  rate_limits: z.record(z.string().min(1), z.number().positive().max(10_000)).optional(),
  /** How many seconds the answer to a call is awaited. */
  call_timeout: z.number().positive().max(3600).optional(),
  /** The most megabytes that the answer to a call may have. */
  max_answer_mb: z.number().positive().max(1024).optional(),
  /** Whether a query goes on, with NULL and a notice, when the API fails that an outer join asks. */
  on_failure: z.enum(['error', 'notice']).optional(),
  /** Errors of the API that queries survive, by its codes; `*` stands for any run of characters, `?` for one. */
  ignore_error_codes: z.array(z.string().min(1)).optional(),
  /** The same, by regular expressions on what the API says. */
  ignore_error_messages: z.array(regularExpression).optional(),
})

const connection = z.unknown().transform((value, context) => {
  const parsed = Object(value).type === 'aggregator' ? aggregator.safeParse(value) : settings.safeParse(value)
  if (parsed.success) return parsed.data
  for (const { message, path } of parsed.error.issues) {
    context.issues.push({ code: 'custom', input: value, message, path: [...path] })
  }
  return z.NEVER
})

function isRegularExpression(source: string): boolean {
  try {
    new RegExp(source, 'u')
    return true
  } catch {
    return false
  }
}

/** @param usual Infinity for none */
const quota = (usual: number) =>
  z
    .int()
    .min(-1)
    .default(Number.isFinite(usual) ? usual : -1)
    .transform((limit) => (limit === -1 ? Number.POSITIVE_INFINITY : limit))

const configuration = z.strictObject({
  listen: z
    .strictObject({
      host: z.string().min(1).optional(),
      port: z.int().min(0).max(65_535).optional(),
    })
    .prefault({}),
  /**
   * Whether clients may encrypt their connections: with a certificate made for the purpose (true), with one of
   * the user's own (paths of PEM files, from the home on), or not (false).
   */
  tls: z
    .union([z.boolean(), z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) })], {
      error: 'expected true, false, or an object of certificate and key',
    })
    .default(true),
  /** The cache: rows that APIs have sent answer later statements too. */
  cache: z
    .strictObject({
      /** How many seconds rows answer later statements; 0 asks again each time. A session may choose otherwise. */
      ttl: timeToLive.default(300),
      /** The most megabytes of rows that are cached. */
      max_size_mb: z.number().positive().default(1024),
    })
    .prefault({}),
  /** The quotas of each statement; -1 for none. A session may choose otherwise. */
  limits: z
    .strictObject({
      max_api_calls: quota(defaultQuotas.apiCalls),
      /** Combinations of key values that one scan asks for. */
      max_keys: quota(defaultQuotas.keys),
      max_rows: quota(defaultQuotas.rows),
      max_bytes: quota(defaultQuotas.bytes),
    })
    .prefault({}),
  /** The connections, by the name of the schema that holds their tables. */
  connections: z.record(z.string(), connection).prefault({
    aws: { plugin: 'aws' },
    ipstack: { plugin: 'ipstack' },
    net: { plugin: 'net' },
    abuseipdb: { plugin: 'abuseipdb' },
    shodan: { plugin: 'shodan' },
  }),
})

export type Configuration = z.infer<typeof configuration>
export type AggregatorSettings = z.infer<typeof aggregator>

export function isAggregator(
  connection: Configuration['connections'][string],
): connection is AggregatorSettings {
  return 'type' in connection && connection.type === 'aggregator'
}

/** The configuration where there is no file. */
export const defaultConfiguration: Configuration = configuration.parse({})

export const configurationFile = 'config.json'

/**
 * Reads the home's configuration file; a missing one leaves everything at its default.
 * @throws UserError that names the file, and the place in it
 */
export async function readConfiguration(home: string): Promise<Configuration> {
  const path = join(home, configurationFile)
  const text = await readText(path)
  if (text === undefined) return defaultConfiguration
  const parsed = configuration.safeParse(parseJson(path, text))
  if (parsed.success) return parsed.data
  const places = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  )
  throw new UserError(`${path}: ${places.join('; ')}`, 2)
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code, message } = Object(error)
    if (code === 'ENOENT') return undefined
    throw new UserError(`${path} cannot be read: ${code ?? message}`, 2, error)
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text, refuseProto)
  } catch (error) {
    if (error instanceof ForbiddenName) throw new UserError(`${path}: ${error.message}`, 2)
    // V8 appends an excerpt of the text, which may contain an access key.
    const [said] = (error instanceof Error ? error.message : String(error)).split(/, (?:\.\.\.)?"/)
    throw new UserError(`${path} is not JSON: ${said}`, 2)
  }
}

class ForbiddenName extends Error {}

/** Rejects a name that the validation would otherwise silently leave out. */
function refuseProto(name: string, value: unknown): unknown {
  if (name === '__proto__') throw new ForbiddenName('nothing can be called "__proto__"')
  return value
}
