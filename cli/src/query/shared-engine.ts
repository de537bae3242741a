/** An engine that a query has started for itself may have got other clients: those of the same home. */
import { setTimeout as delay } from 'node:timers/promises'
import { Client, type ClientConfig } from 'pg'

/** Milliseconds between looks. */
const pause = 50

/**
 * Resolves when nobody else is connected. New ones must not find the service any more.
 * @param signal ends the waiting
 */
export async function otherClientsEnd(config: ClientConfig, signal: AbortSignal): Promise<void> {
  const client = new Client({ ...config, application_name: 'millrace query, waiting for others' })
  client.on('error', () => {})
  await client.connect()
  try {
    while (!signal.aborted && (await othersOf(client))) await delay(pause)
  } finally {
    await client.end()
  }
}

async function othersOf(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ others: boolean }>(
    `select exists (
       select from pg_catalog.pg_stat_activity
       where usename = current_user and backend_type = 'client backend' and pid <> pg_catalog.pg_backend_pid()
     ) as others`,
  )
  return rows[0]?.others === true
}
