/** Everything that a start needs to know, from the environment and the configuration file. */
import { defaultHome } from '@millrace/sql-engine/postgres/home'
import type { LevelWithSilent } from 'pino'
import { z } from 'zod'
import { UserError } from '../user-error.js'
import { type Configuration, readConfiguration } from './configuration.js'

export type Environment = Readonly<Record<string, string | undefined>>

export interface ListenSettings {
  readonly host: string
  /** The port; 0 for any that is free. */
  readonly port: number
}

export interface Settings {
  /** The folder for all state, as an absolute path. */
  readonly home: string
  readonly listen: ListenSettings
  readonly tls: Configuration['tls']
  readonly cache: Configuration['cache']
  readonly limits: Configuration['limits']
  readonly connections: Configuration['connections']
}

/** The default port, which is Steampipe's too, so that tools set up for that find Millrace. */
const defaultPort = 9193
const defaultHost = '127.0.0.1'
const defaultLogLevel = 'warn'

const variables = z.object({
  MILLRACE_HOST: z.string().optional(),
  MILLRACE_PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'expected a number from 0 to 65535')
    .transform(Number)
    .refine((port) => port <= 65_535, 'expected a number from 0 to 65535')
    .optional(),
  MILLRACE_LOG: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).optional(),
})

/**
 * Reads the settings; the environment takes precedence over the file.
 * @throws UserError that names the variable, or the place in the file
 */
export async function readSettings(environment: Environment): Promise<Settings> {
  const { MILLRACE_HOST: host, MILLRACE_PORT: port } = readVariables(environment)
  const home = defaultHome(environment)
  const { listen, tls, cache, limits, connections } = await readConfiguration(home)
  return {
    home,
    listen: { host: host ?? listen.host ?? defaultHost, port: port ?? listen.port ?? defaultPort },
    tls,
    cache,
    limits,
    connections,
  }
}

/**
 * The lowest level that is logged.
 * @throws UserError that names the variable
 */
export function readLogLevel(environment: Environment): LevelWithSilent {
  return readVariables(environment).MILLRACE_LOG ?? defaultLogLevel
}

function readVariables(environment: Environment): z.infer<typeof variables> {
  // An empty variable was most likely meant to be unset.
  const given = Object.entries(environment).filter(([, value]) => value !== '')
  const parsed = variables.safeParse(Object.fromEntries(given))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const name = String(issue?.path[0])
  throw new UserError(`${name} is "${environment[name]}": ${issue?.message}`, 2)
}
