/** Where a PostgreSQL server listens, and how a connection to it is opened. */
import { once } from 'node:events'
import { createConnection, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'

export type ServerPlace =
  | { readonly kind: 'socket'; readonly path: string }
  | {
      readonly kind: 'network'
      readonly host: string
      readonly port: number
      /** How connections are encrypted; undefined for plain ones. */
      readonly encryption: Encryption | undefined
    }

/** What `node:tls` checks a server's certificate by, and the certificate that this side shows. */
export type Encryption = Pick<
  ConnectionOptions,
  'rejectUnauthorized' | 'checkServerIdentity' | 'ca' | 'cert' | 'key'
>

/** How long a server may take to answer to a new connection, in milliseconds. */
const patience = 10_000

/** The request for encryption: chapter "SSL Session Encryption". */
const encryptionRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

/**
 * Opens a connection, encrypted where the place says so; nothing has been said over it yet.
 * @throws Error of the socket or of TLS
 */
export async function openServer(place: ServerPlace): Promise<Socket> {
  const socket = place.kind === 'socket' ? createConnection(place.path) : dial(place)
  return guarded(socket, async () => {
    await once(socket, 'connect')
    if (place.kind === 'socket' || place.encryption === undefined) return socket
    if (!(await takesEncryption(socket))) {
      throw new Error(`the server at ${place.host}:${place.port} does not offer encryption`)
    }
    const { host, encryption } = place
    const encrypted = connectTls({
      socket,
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...encryption,
    })
    return guarded(encrypted, async () => {
      await once(encrypted, 'secureConnect')
      return encrypted
    })
  })
}

/** Whether the server offers encryption. @throws Error when it cannot be reached */
export async function offersEncryption({ host, port }: { host: string; port: number }): Promise<boolean> {
  const socket = dial({ host, port })
  return guarded(socket, async () => {
    await once(socket, 'connect')
    const offers = await takesEncryption(socket)
    socket.destroy()
    return offers
  })
}

function dial({ host, port }: { host: string; port: number }): Socket {
  return createConnection({ host, port, noDelay: true, keepAlive: true })
}

async function takesEncryption(socket: Socket): Promise<boolean> {
  socket.write(encryptionRequest)
  const [answer] = await Promise.race([
    once(socket, 'data'),
    once(socket, 'end').then(() => Promise.reject(new Error('the server closed the connection'))),
  ])
  socket.pause()
  const text = Buffer.isBuffer(answer) ? answer.toString('latin1') : ''
  // More than one byte came from someone in between, before there was encryption.
  if (text !== 'S' && text !== 'N') throw new Error('what answers is not PostgreSQL')
  return text === 'S'
}

/** Destroys the socket where the work fails, or takes too long. */
async function guarded<Result>(socket: Socket, work: () => Promise<Result>): Promise<Result> {
  const timer = setTimeout(() => socket.destroy(new Error('the server does not answer')), patience)
  try {
    return await work()
  } catch (error) {
    socket.on('error', () => {}) // told already
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}
