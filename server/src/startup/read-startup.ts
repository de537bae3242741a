/**
 * The first packets of a connection: requests for encryption and cancellation, and the start-up packet.
 * PostgreSQL's protocol, chapter "Message Flow", section "Start-up".
 */
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { ByteReader, MalformedMessage } from '../wire/byte-reader.js'
import type { PacketReader } from './packet-reader.js'

export type FirstPacket =
  | { readonly kind: 'tls' }
  | { readonly kind: 'gssapi' }
  /** Process and secret key, as BackendKeyData gave them. */
  | { readonly kind: 'cancel'; readonly key: Buffer }
  | {
      readonly kind: 'startup'
      readonly minorVersion: number
      readonly parameters: ReadonlyMap<string, string>
      /** Protocol options, whose names begin with _pq_., none of which the gateway knows. */
      readonly unknownOptions: readonly string[]
    }

/** PostgreSQL's MAX_STARTUP_PACKET_LENGTH. */
const longestPacket = 10_000

const sslRequest = 80_877_103
const gssapiRequest = 80_877_104
const cancelRequest = 80_877_102

/** @throws DatabaseError 08P01 or 0A000 for anything that is not a packet known here */
export async function readFirstPacket(reader: PacketReader): Promise<FirstPacket> {
  const length = (await reader.read(4)).readInt32BE()
  if (length < 8 || length > longestPacket) throw violation('invalid length of startup packet')
  const body = await reader.read(length - 4)
  const code = body.readInt32BE()
  switch (code) {
    case sslRequest:
      return { kind: 'tls' }
    case gssapiRequest:
      return { kind: 'gssapi' }
    case cancelRequest:
      return { kind: 'cancel', key: body.subarray(4) }
    default:
      return readStartup(code, body)
  }
}

function readStartup(version: number, body: Buffer): FirstPacket {
  const major = version >>> 16
  if (major !== 3) {
    throw new DatabaseError(
      `unsupported frontend protocol ${major}.${version & 0xffff}: server supports 3.0 to 3.0`,
      { sqlState: '0A000' },
    )
  }
  const parameters = new Map<string, string>()
  const unknownOptions: string[] = []
  try {
    const reader = new ByteReader(body, 4)
    for (let name = reader.string(); name !== ''; name = reader.string()) {
      const value = reader.string()
      if (name.startsWith('_pq_.')) unknownOptions.push(name)
      else parameters.set(name, value)
    }
    if (!reader.ended) throw new MalformedMessage('bytes after the end')
  } catch (error) {
    if (error instanceof MalformedMessage) {
      throw violation('invalid startup packet layout: expected terminator as last byte')
    }
    throw error
  }
  return { kind: 'startup', minorVersion: version & 0xffff, parameters, unknownOptions }
}

function violation(message: string): DatabaseError {
  return new DatabaseError(message, { sqlState: '08P01' })
}
