/** What does not work, or is not protected, in a PostgreSQL of the user's: told in the log, once, after a start. */
import type { Engine } from '@millrace/sql-engine/engine'
import type { Postgres } from '@millrace/sql-engine/postgres/postgres'
import type { Logger } from 'pino'

/** Never rejects. */
export async function tellOfLimits(
  { standing, names }: Postgres,
  engine: Engine,
  log: Logger,
): Promise<void> {
  if (standing.kind === 'owner') return
  const { clientRole, engineRole } = names
  if (clientRole === engineRole) {
    log.warn(
      { role: engineRole },
      "clients have the engine's own role, and may change what is Millrace's; engine.client_url gives them another",
    )
  }
  const { loopback } = standing
  const without = 'functions, triggers and materialized views cannot read virtual tables'
  if (loopback.kind === 'refused') {
    log.warn({ reason: loopback.reason, remedy: loopback.remedy }, without)
    return
  }
  try {
    await engine.tryLoopback()
  } catch (error) {
    log.warn({ err: error }, `PostgreSQL cannot reach Millrace, so that ${without}; see engine.gateway_host`)
  }
}
