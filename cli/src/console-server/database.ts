/** Whoever answers the home's queries, for the console. */
import type { Database } from '@millrace/console/server/database'
import type { ClientConfig } from 'pg'
import { readResult } from '../client/result-cursor.js'
import { openSession } from '../client/session.js'

/** @param connect whom to ask, found anew each time: a service may have been started or stopped */
export function consoleDatabase(connect: () => Promise<ClientConfig>): Database {
  return {
    open: async (onNotice) => {
      const session = await openSession(
        { ...(await connect()), application_name: 'millrace console' },
        onNotice,
      )
      const { client } = session
      return {
        async *read(text, values, batch) {
          for await (const { fields, rows } of readResult(client, text, values, batch)) {
            yield { columns: fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID })), rows }
          }
        },
        command: async (text, values = []) => {
          // By the extended protocol, which takes no second statement behind the one that is meant.
          const query = { text, values: [...values], queryMode: 'extended' }
          const { rowCount } = await client.query(query)
          return rowCount ?? 0
        },
        cancel: session.cancel,
        end: session.end,
      }
    },
  }
}
