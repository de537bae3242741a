/** Makes of a home's users what the server lets in. */
import type { ServiceUser } from '@millrace/server/service'
import { parseVerifier } from '@millrace/server/startup/scram-verifier'
import { type SecretPlaces, SecretReader } from '../config/secret-sources.js'
import type { Settings } from '../config/settings.js'
import type { UserSettings } from '../config/user-schema.js'
import { UserError } from '../user-error.js'

export interface LoadedUsers {
  readonly users: readonly ServiceUser[]
  /** What was wrong, in a line each: such a user is as it was before, or is not let in. */
  readonly faults: readonly string[]
}

/**
 * A user whose verifier cannot be read keeps no other out.
 * @param before what was read last
 */
export async function loadUsers(
  { users, home }: Pick<Settings, 'users' | 'home'>,
  environment: SecretPlaces['environment'],
  before?: LoadedUsers,
): Promise<LoadedUsers> {
  const secrets = new SecretReader({ home, environment })
  const faults: string[] = []
  const loaded = await Promise.all(
    [...users].map(async ([name, { settings }]) => {
      try {
        return [serviceUser(name, await secrets.resolved(`user "${name}"`, settings))]
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        const former = before?.users.filter((one) => one.name === name) ?? []
        faults.push(`${error.message}; it ${former.length > 0 ? 'is as it was before' : 'is not let in'}`)
        return former
      }
    }),
  )
  return { users: loaded.flat(), faults }
}

/** @throws UserError where what stands elsewhere is no verifier */
function serviceUser(name: string, settings: UserSettings): ServiceUser {
  const { certificate, connections, statement_timeout, max_sessions, max_temp_file_mb } = settings
  const quotas = {
    apiCalls: settings.max_api_calls,
    keys: settings.max_keys,
    rows: settings.max_rows,
    bytes: settings.max_bytes,
  }
  return {
    name,
    connections,
    verifier: verifierOf(name, settings.verifier),
    certificate:
      certificate === undefined
        ? undefined
        : 'cn' in certificate
          ? { kind: 'cn', name: certificate.cn }
          : { kind: 'san', name: certificate.san },
    ceilings: {
      quotas: Object.fromEntries(Object.entries(quotas).filter(([, limit]) => limit !== undefined)),
      statementTime: statement_timeout === undefined ? undefined : statement_timeout * 1000,
      sessions: max_sessions,
    },
    settings: max_temp_file_mb === undefined ? {} : { temp_file_limit: `${max_temp_file_mb}MB` },
  }
}

/** Without it, a user with a certificate would need no password any more: what is no verifier is a mistake. */
function verifierOf(name: string, text: UserSettings['verifier']) {
  if (text === undefined) return undefined
  const verifier = typeof text === 'string' ? parseVerifier(text) : undefined
  if (verifier === undefined) throw new UserError(`user "${name}": what stands there is no verifier`, 2)
  return verifier
}
