/** The way from a new connection to an admitted client: encryption, start-up packet, password. */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type SecureContext, TLSSocket } from 'node:tls'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { errorResponse, negotiateProtocolVersion } from '../wire/backend-messages.js'
import { SocketWriter } from '../wire/socket-writer.js'
import { PacketReader } from './packet-reader.js'
import { type FirstPacket, readFirstPacket } from './read-startup.js'
import type { ScramAuthenticator } from './scram.js'

export type Arrival =
  | { readonly kind: 'cancel'; readonly stream: Duplex; readonly key: Buffer }
  | {
      readonly kind: 'client'
      /** The socket, or what TLS makes of it. */
      readonly stream: Duplex
      /** What the client asked for, including `user` and `database`. */
      readonly parameters: ReadonlyMap<string, string>
    }

export interface HandshakeOptions {
  /** The certificate's context; without it, clients hear that there is no encryption. */
  readonly encryption: SecureContext | undefined
  readonly authenticator: ScramAuthenticator
  /** Why a client is turned away before it is asked for a password; undefined for one that is not. */
  readonly refusal: (parameters: ReadonlyMap<string, string>) => DatabaseError | undefined
}

/**
 * Admits a client. One that is rejected gets the reason, and its connection is ended.
 * @throws DatabaseError of the rejection
 * @throws ConnectionEnded when the client goes away first
 */
export async function shakeHands(socket: Socket, options: HandshakeOptions): Promise<Arrival> {
  const { stream, packet } = await readStartup(socket, options.encryption)
  if (packet.kind === 'cancel') return { kind: 'cancel', stream, key: packet.key }
  const reader = new PacketReader(stream)
  try {
    const parameters = checkParameters(packet)
    if (packet.minorVersion > 0 || packet.unknownOptions.length > 0) {
      stream.write(negotiateProtocolVersion(packet.unknownOptions))
    }
    const refusal = options.refusal(parameters)
    if (refusal !== undefined) throw refusal
    const user = parameters.get('user') ?? ''
    await options.authenticator.authenticate(user, reader, (bytes) => stream.write(bytes))
    return { kind: 'client', stream, parameters }
  } catch (error) {
    throw refuse(stream, error)
  } finally {
    reader.release()
  }
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
  encryption: SecureContext | undefined,
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
      stream = new TLSSocket(socket, { isServer: true, secureContext: encryption })
      // A reader of the stream gets its errors too; between readers, nothing would.
      stream.on('error', () => {})
    } catch (error) {
      throw refuse(stream, error)
    } finally {
      reader.release()
    }
  }
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
