/** The way from a new connection to an admitted client: encryption, start-up packet, password. */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer, type SecureContext, TLSSocket } from 'node:tls'
import { loopbackProcess } from '@millrace/sql-engine/catalog/loopback'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { errorResponse, negotiateProtocolVersion } from '../wire/backend-messages.js'
import { SocketWriter } from '../wire/socket-writer.js'
import type { Authenticator } from './authenticator.js'
import { ConnectionEnded, PacketReader } from './packet-reader.js'
import { type FirstPacket, readFirstPacket } from './read-startup.js'

export type Arrival =
  | { readonly kind: 'cancel'; readonly stream: Duplex; readonly key: Buffer }
  | {
      readonly kind: 'client'
      /** The socket, or what TLS makes of it. */
      readonly stream: Duplex
      /** What the client asked for, including `user` and `database`. */
      readonly parameters: ReadonlyMap<string, string>
      /** The server process that asks for a virtual table's rows, if the client is PostgreSQL itself. */
      readonly loopbackFor: number | undefined
    }

/** How connections are encrypted. */
export interface Encryption {
  readonly context: SecureContext
  /** Whether clients without it are refused. */
  readonly isRequired: boolean
  /** The server's key and certificate, and the authority whose certificates clients may present; undefined for none. */
  readonly authority: { readonly key: string; readonly cert: string; readonly ca: string } | undefined
  /** What password exchanges may be bound to. */
  readonly endPoint: Buffer | undefined
}

export interface HandshakeOptions {
  /** Without it, clients hear that there is no encryption. */
  readonly encryption: Encryption | undefined
  readonly authenticator: Authenticator
  /**
   * Why a client is turned away before it is asked for a password; undefined for one that is not.
   * @param loopbackFor the server process that asks, where the client says that it is PostgreSQL
   */
  readonly refusal: (loopbackFor: number | undefined) => DatabaseError | undefined
}

/**
 * Admits a client. One that is rejected gets the reason, and its connection is ended.
 * @throws DatabaseError of the rejection
 * @throws ConnectionEnded when the client goes away first
 */
export async function shakeHands(socket: Socket, options: HandshakeOptions): Promise<Arrival> {
  const { encryption, authenticator } = options
  const { stream, packet } = await readStartup(socket, encryption)
  // Many clients can only send these in the clear. They hold no password, and no more can be done with one.
  if (packet.kind === 'cancel') return { kind: 'cancel', stream, key: packet.key }
  const reader = new PacketReader(stream)
  try {
    const parameters = checkParameters(packet)
    const loopbackFor = loopbackProcess(parameters.get('application_name'))
    // PostgreSQL asks from this machine, by a password that opens nothing else.
    if (encryption?.isRequired === true && stream === socket && loopbackFor === undefined) {
      throw encryptionRequired()
    }
    if (packet.minorVersion > 0 || packet.unknownOptions.length > 0) {
      stream.write(negotiateProtocolVersion(packet.unknownOptions))
    }
    const refusal = options.refusal(loopbackFor)
    if (refusal !== undefined) throw refusal
    await authenticator.authenticate({
      user: parameters.get('user') ?? '',
      isLoopback: loopbackFor !== undefined,
      address: socket.remoteAddress ?? '',
      stream,
      reader,
      endPoint: stream === socket ? undefined : encryption?.endPoint,
    })
    return { kind: 'client', stream, parameters, loopbackFor }
  } catch (error) {
    throw refuse(stream, error)
  } finally {
    reader.release()
  }
}

function encryptionRequired(): DatabaseError {
  return new DatabaseError('this server takes encrypted connections only', {
    sqlState: '28000',
    hint: 'Set sslmode=require, or whatever your client calls it.',
  })
}

/** Sends a client that has no session the reason why it gets none. */
export function refuse(stream: Duplex, error: unknown): unknown {
  if (error instanceof DatabaseError) new SocketWriter(stream).end(errorResponse(error, 'FATAL'))
  else stream.destroy()
  return error
}

type LastPacket = Extract<FirstPacket, { kind: 'cancel' | 'startup' }>

async function readStartup(
  socket: Socket,
  encryption: Encryption | undefined,
): Promise<{ readonly stream: Duplex; readonly packet: LastPacket }> {
  let stream: Duplex = socket
  for (;;) {
    const reader = new PacketReader(stream)
    try {
      const packet = await readFirstPacket(reader)
      if (packet.kind === 'cancel' || packet.kind === 'startup') return { stream, packet }
      const encrypts = packet.kind === 'tls' && encryption !== undefined && stream === socket
      // Anything that was sent along came from someone in between, before there was encryption.
      if (reader.hasMore) {
        throw new DatabaseError('received unencrypted data after a request for encryption', {
          sqlState: '08P01',
        })
      }
      stream.write(encrypts ? 'S' : 'N')
      if (!encrypts) continue
      reader.release()
      stream = await encrypted(socket, encryption)
      // A reader of the stream gets its errors too; between readers, nothing would.
      stream.on('error', () => {})
    } catch (error) {
      throw refuse(stream, error)
    } finally {
      reader.release()
    }
  }
}

/** @throws ConnectionEnded where there is no agreement */
async function encrypted(socket: Socket, { context, authority }: Encryption): Promise<Duplex> {
  if (authority === undefined) return new TLSSocket(socket, { isServer: true, secureContext: context })
  // Only a server of Node.js looks at certificates. This one listens nowhere: it gets the one connection.
  const server = createServer({
    ...authority,
    requestCert: true,
    // Who needs a certificate, and has none, is told so when it is known who it is.
    rejectUnauthorized: false,
  })
  return new Promise((resolve, reject) => {
    server.once('secureConnection', resolve)
    server.once('tlsClientError', (error) => reject(new ConnectionEnded(error.message)))
    server.emit('connection', socket)
  })
}

function checkParameters({
  parameters,
}: Extract<FirstPacket, { kind: 'startup' }>): ReadonlyMap<string, string> {
  const user = parameters.get('user')
  if (user === undefined || user === '') {
    throw new DatabaseError('no PostgreSQL user name specified in startup packet', { sqlState: '28000' })
  }
  const replication = parameters.get('replication') ?? 'false'
  if (!['false', 'off', 'no', '0'].includes(replication)) {
    throw new DatabaseError('replication connections are not supported', { sqlState: '0A000' })
  }
  const known = new Map(parameters)
  known.delete('replication')
  if (!known.has('database')) known.set('database', user)
  return known
}
