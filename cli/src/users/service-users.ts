/** Makes of a home's users what the server lets in. */
import type { ServiceUser } from '@millrace/server/service'
import { parseVerifier } from '@millrace/server/startup/scram-verifier'
import type { Settings } from '../config/settings.js'
import type { UserSettings } from '../config/user-schema.js'

export function serviceUsers({ users }: Pick<Settings, 'users'>): readonly ServiceUser[] {
  return [...users].map(([name, { settings }]) => serviceUser(name, settings))
}

function serviceUser(name: string, settings: UserSettings): ServiceUser {
  const { verifier, certificate, connections, statement_timeout, max_sessions, max_temp_file_mb } = settings
  const quotas = {
    apiCalls: settings.max_api_calls,
    keys: settings.max_keys,
    rows: settings.max_rows,
    bytes: settings.max_bytes,
  }
  return {
    name,
    connections,
    verifier: verifier === undefined ? undefined : parseVerifier(verifier),
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
