/** A connection to whoever answers queries: what a server says on it, and how a statement is cancelled. */
import { connect } from 'node:net'
import { Client, type ClientConfig, type DatabaseError } from 'pg'
import { z } from 'zod'
import { UserError } from '../user-error.js'

export type Notice = Pick<DatabaseError, 'severity' | 'message' | 'detail' | 'hint' | 'where'>

export interface Session {
  readonly client: Client
  /** Asks the server to end the statement that runs; it ends with an error then, unless it was done. */
  cancel(): void
  end(): Promise<void>
}

/**
 * @throws UserError that tells host and port, and never the password
 */
export async function openSession(
  config: ClientConfig,
  onNotice: (notice: Notice) => void,
): Promise<Session> {
  const client = new Client({ application_name: 'millrace query', ...config })
  // A connection that is lost fails the query that runs; between queries, the next one.
  client.on('error', () => {})
  client.on('notice', (notice) => onNotice({ ...notice, message: notice.message ?? '' }))
  try {
    await client.connect()
  } catch (error) {
    const said = error instanceof AggregateError ? error.errors[0] : error
    const why = said instanceof Error ? said.message : String(said)
    throw new UserError(`cannot connect to ${client.host}:${client.port}: ${why}`, 3, error)
  }
  return {
    client,
    cancel: () => cancelStatement(client),
    // Where the connection is lost already, there is nothing to end.
    end: () => client.end().catch(() => {}),
  }
}

/** What the server has told the client about its backend; not among the documented properties. */
const backendKey = z.object({ processID: z.int(), secretKey: z.int() })

/** CancelRequest, on a connection of its own: https://www.postgresql.org/docs/18/protocol-message-formats.html */
function cancelStatement(client: Client): void {
  const { data: key } = backendKey.safeParse({
    processID: Reflect.get(client, 'processID'),
    secretKey: Reflect.get(client, 'secretKey'),
  })
  if (key === undefined) return
  const request = Buffer.alloc(16)
  request.writeInt32BE(16, 0)
  request.writeInt32BE(80_877_102, 4)
  request.writeInt32BE(key.processID, 8)
  request.writeInt32BE(key.secretKey, 12)
  const socket = client.host.startsWith('/')
    ? connect(`${client.host}/.s.PGSQL.${client.port}`)
    : connect(client.port, client.host)
  // Whoever cannot be asked to cancel has ended already, or ends when the connection does.
  socket.on('error', () => {})
  socket.end(request)
}
