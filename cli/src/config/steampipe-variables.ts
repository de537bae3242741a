/**
 * Steampipe's variables of the environment, where Millrace's own are not set.
 * (https://steampipe.io/docs/reference/env-vars/overview)
 */
import { hostMeant } from './steampipe-options.js'

type Environment = Readonly<Record<string, string | undefined>>

interface Meaning {
  /** Millrace's variable; undefined where there is none. */
  readonly name?: string
  /** What its text is as that of Millrace's; undefined where it says nothing. */
  readonly text?: (text: string) => string | undefined
  /** Why it has no meaning, or which. */
  readonly why?: string
}

const noPipes = 'Turbot Pipes is not asked'

export const steampipeVariables: Readonly<Record<string, Meaning>> = {
  STEAMPIPE_CACHE: {
    name: 'MILLRACE_CACHE_TTL',
    text: (text) => (/^(?:false|off|0)$/i.test(text) ? '0' : undefined),
  },
  STEAMPIPE_CACHE_TTL: { name: 'MILLRACE_CACHE_TTL' },
  STEAMPIPE_CACHE_MAX_TTL: { name: 'MILLRACE_CACHE_TTL' },
  STEAMPIPE_CACHE_MAX_SIZE_MB: { name: 'MILLRACE_CACHE_MAX_SIZE_MB' },
  STEAMPIPE_DATABASE_PASSWORD: { name: 'MILLRACE_PASSWORD' },
  STEAMPIPE_LISTEN: { name: 'MILLRACE_HOST', text: hostMeant },
  STEAMPIPE_PORT: { name: 'MILLRACE_PORT' },
  STEAMPIPE_LOG_LEVEL: { name: 'MILLRACE_LOG', text: (text) => text.toLowerCase() },
  STEAMPIPE_CONNECTION_WATCHER: { name: 'MILLRACE_WATCH' },
  STEAMPIPE_QUERY_TIMEOUT: { name: 'MILLRACE_QUERY_TIMEOUT' },
  STEAMPIPE_INSTALL_DIR: {
    why: 'it names the set-up that millrace config import takes over; the home is MILLRACE_HOME',
  },
  STEAMPIPE_DATABASE_SSL_PASSWORD: { why: 'the key of tls must be without a passphrase' },
  STEAMPIPE_DATABASE_START_TIMEOUT: { why: 'PostgreSQL is awaited for as long as it starts' },
  STEAMPIPE_DISPLAY_WIDTH: { why: 'tables fold to the terminal' },
  STEAMPIPE_INITDB_DATABASE_NAME: { why: 'the database is called millrace' },
  STEAMPIPE_MAX_PARALLEL: { why: 'calls are limited for each account: max_concurrency of a connection' },
  STEAMPIPE_MEMORY_MAX_MB: { why: 'NODE_OPTIONS=--max-old-space-size limits memory' },
  STEAMPIPE_PLUGIN_MEMORY_MAX_MB: { why: "memory_max_mb of a block plugin limits Steampipe's own plugins" },
  STEAMPIPE_PLUGIN_START_TIMEOUT: { why: "Steampipe's own plugins are awaited for 30 seconds" },
  STEAMPIPE_SNAPSHOT_LOCATION: { why: noPipes },
  STEAMPIPE_TELEMETRY: { why: 'there is no telemetry' },
  STEAMPIPE_UPDATE_CHECK: { why: 'there is no check for updates' },
  STEAMPIPE_WORKSPACE: { why: noPipes },
  STEAMPIPE_WORKSPACE_DATABASE: { why: 'millrace query --database names another server' },
}

export interface AdoptedVariables {
  readonly environment: Environment
  /** By Millrace's variables that have been filled, the Steampipe's that did. */
  readonly origins: ReadonlyMap<string, string>
  /** A line for each variable that is read, or has no meaning. */
  readonly notices: readonly string[]
}

/** The environment with Millrace's variables filled from Steampipe's. Of several for one, the smallest number holds. */
export function adoptSteampipeVariables(environment: Environment): AdoptedVariables {
  const filled: Record<string, string | undefined> = { ...environment }
  const origins = new Map<string, string>()
  const notices: string[] = []
  for (const [variable, { name, text = (given: string) => given, why }] of Object.entries(
    steampipeVariables,
  )) {
    const given = environment[variable]
    if (given === undefined || given === '') continue
    if (name === undefined) {
      notices.push(`${variable} has no meaning for the server: ${why}`)
      continue
    }
    // Millrace's own says it already.
    if (environment[name] !== undefined && environment[name] !== '') continue
    const meant = text(given)
    if (meant === undefined) continue
    const before = origins.has(name) ? filled[name] : undefined
    if (before === undefined || Number(meant) < Number(before)) {
      filled[name] = meant
      origins.set(name, variable)
    }
    notices.push(`${variable} is read; its name here is ${name}`)
  }
  return { environment: filled, origins, notices }
}
