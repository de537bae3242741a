/** A PostgreSQL of the user's: whether Millrace can work there, and what does not work or is not protected. */
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { guestNames, lookAtGuestServer } from '@millrace/sql-engine/postgres/guest/guest-address'
import { checkServer, type ServerFacts } from '@millrace/sql-engine/postgres/guest/server-facts'
import type { Names } from '@millrace/sql-engine/postgres/names'
import type { Settings } from '../config/settings.js'
import { guestUrls } from '../engine/guest-urls.js'
import type { Finding } from './finding.js'

const subject = 'PostgreSQL'

/** The gateway admits 250 clients, and the engine has some twenty connections of its own. */
const enoughConnections = 280

export async function lookAtOwnPostgres(settings: Settings): Promise<Finding[]> {
  const urls = guestUrls(settings)
  try {
    const names = guestNames(urls)
    const facts = await lookAtGuestServer(urls)
    checkServer(facts, names.database, names.engineRole)
    const said = `your own: PostgreSQL ${facts.versionName}, database "${names.database}", role "${names.engineRole}"`
    return [{ subject, state: 'ok', said }, ...limitsOf(facts, names)]
  } catch (error) {
    const { message, detail, hint } =
      error instanceof DatabaseError
        ? error
        : { message: String(Object(error).message), detail: undefined, hint: 'see docs/own-postgres.md' }
    return [{ subject, state: 'problem', said: [message, detail].filter(Boolean).join(': '), advice: hint }]
  }
}

function limitsOf({ loopback, isSuperuser, maxConnections }: ServerFacts, names: Names): Finding[] {
  const findings: Finding[] = []
  const warn = (said: string, advice: string) => findings.push({ subject, state: 'warning', said, advice })
  if (isSuperuser) {
    warn(
      `the role "${names.engineRole}" is a superuser, which Millrace does not need`,
      'millrace engine setup --print-sql prints what a role needs',
    )
  }
  if (names.clientRole === names.engineRole) {
    warn(
      "clients have the engine's own role, and may change what is Millrace's",
      'give them another: engine.client_url (MILLRACE_ENGINE_CLIENT_URL)',
    )
  }
  if (loopback.kind === 'refused') {
    warn(
      `functions, triggers and materialized views cannot read virtual tables: ${loopback.reason}`,
      `an administrator may run ${loopback.remedy}`,
    )
  }
  if (maxConnections < enoughConnections) {
    warn(
      `it admits ${maxConnections} connections: clients beyond that get the error 53300`,
      `raise max_connections to ${enoughConnections} or more, where there are that many clients`,
    )
  }
  return findings
}
