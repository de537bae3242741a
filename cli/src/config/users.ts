/** The users that files name. */
import { clientRole, databaseName, steampipeSchema, systemSchema } from '@millrace/sql-engine/postgres/names'
import { type Fault, schemaFaults } from './faults.js'
import { type LocatedEntry, type Place, plainValue } from './syntax/located.js'
import { type UserSettings, userSchema } from './user-schema.js'

export interface ConfiguredUser {
  readonly settings: UserSettings
  readonly place: Place
}

/** NAMEDATALEN of PostgreSQL is 64 bytes, with a NUL. */
const longestName = 63

const reserved: ReadonlySet<string> = new Set([
  clientRole,
  databaseName,
  systemSchema,
  steampipeSchema,
  'public',
  'none',
  'information_schema',
])

/** @param connections names of connections, whose schemas have their names */
export function readUsers(
  entries: ReadonlyMap<string, LocatedEntry>,
  connections: ReadonlySet<string>,
): { readonly users: ReadonlyMap<string, ConfiguredUser>; readonly faults: readonly Fault[] } {
  const users = new Map<string, ConfiguredUser>()
  const faults: Fault[] = []
  for (const [name, { place, value }] of entries) {
    const nameFault = userNameFault(name, connections)
    if (nameFault !== undefined) {
      faults.push({ place, message: nameFault })
      continue
    }
    const parsed = userSchema.safeParse(plainValue(value))
    if (parsed.success) users.set(name, { settings: parsed.data, place })
    else faults.push(...schemaFaults(parsed.error, userSchema, value, `user "${name}"`))
  }
  return { users, faults }
}

/** A user is a role of PostgreSQL's, and has a schema of its name. */
export function userNameFault(name: string, connections: ReadonlySet<string>): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they have no place in a name
  if (name === '' || /[\u0000-\u001f\u007f]/.test(name))
    return 'a user needs a name without control characters'
  if (Buffer.byteLength(name) > longestName) return `user "${name}": a name has at most ${longestName} bytes`
  if (/^(?:pg_|millrace_)/.test(name) || reserved.has(name)) return `no user can be called "${name}"`
  if (connections.has(name)) return `user "${name}" has the name of a connection, and so of its schema`
  return undefined
}
