/** An engine that a query has started for itself may have got other clients: those of the same home. */
import { setTimeout as delay } from 'node:timers/promises'
import { readerRole } from '@millrace/sql-engine/postgres/names'
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
       where pid <> pg_catalog.pg_backend_pid()
         -- Of another role's session, a role is shown little more than that it is there.
         and (usename = current_user and backend_type = 'client backend' or usename = $1)
     ) as others`,
    [readerRole],
  )
  return rows[0]?.others === true
}
