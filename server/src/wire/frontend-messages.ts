/** Messages that a client sends, and the gateway sends to PostgreSQL. */
import type { BoundParameters } from '@millrace/sql-engine/statement'
import { ByteReader } from './byte-reader.js'
import { ByteWriter } from './byte-writer.js'

export const syncMessage = new ByteWriter().message('S')
export const flushMessage = new ByteWriter().message('H')
export const terminateMessage = new ByteWriter().message('X')

/** 3.0, the version that the gateway speaks with clients and PostgreSQL. */
export const protocolVersion = 196_608

export function startupPacket(parameters: Iterable<readonly [string, string]>): Buffer {
  const writer = new ByteWriter().int32(protocolVersion)
  for (const [name, value] of parameters) writer.string(name).string(value)
  return writer.byte(0).packet()
}

export function cancelPacket(key: Uint8Array): Buffer {
  return new ByteWriter().int32(80_877_102).bytes(key).packet()
}

export function parseMessage(name: string, text: string, types: readonly number[]): Buffer {
  const writer = new ByteWriter().string(name).string(text).int16(types.length)
  for (const type of types) writer.int32(type)
  return writer.message('P')
}

/** @param rest what follows the names: formats, values, result formats */
export function bindMessage(portal: string, statement: string, rest: Uint8Array): Buffer {
  return new ByteWriter().string(portal).string(statement).bytes(rest).message('B')
}

/** The rest of a Bind message, with results as text. */
export function bindRest(parameters: BoundParameters | undefined): Buffer {
  const writer = new ByteWriter()
  const { formats = [], values = [] } = parameters ?? {}
  writer.int16(formats.length)
  for (const format of formats) writer.int16(format)
  writer.int16(values.length)
  for (const value of values) {
    if (value === undefined) writer.int32(-1)
    else writer.int32(value.length).bytes(value)
  }
  const written = writer.int16(0).message('B')
  return written.subarray(5)
}

export function describeMessage(kind: 'S' | 'P', name: string): Buffer {
  return new ByteWriter().bytes(Buffer.from(kind)).string(name).message('D')
}

/** @param rows the most rows to return; 0 for all */
export function executeMessage(portal: string, rows = 0): Buffer {
  return new ByteWriter().string(portal).int32(rows).message('E')
}

export function closeMessage(kind: 'S' | 'P', name: string): Buffer {
  return new ByteWriter().bytes(Buffer.from(kind)).string(name).message('C')
}

export function copyFailMessage(reason: string): Buffer {
  return new ByteWriter().string(reason).message('f')
}

export interface BindMessage {
  readonly portal: string
  readonly statement: string
  readonly formats: readonly (0 | 1)[]
  readonly values: readonly (Uint8Array | undefined)[]
  /** Formats, values and result formats as they came. */
  readonly rest: Buffer
}

/** @throws MalformedMessage */
export function readBind(message: Buffer): BindMessage {
  const reader = new ByteReader(message)
  const portal = reader.string()
  const statement = reader.string()
  const rest = reader.rest()
  const formatCodes = Array.from({ length: reader.uint16() }, () => reader.int16())
  const count = reader.uint16()
  const values = Array.from({ length: count }, () => {
    const length = reader.int32()
    return length === -1 ? undefined : reader.bytes(length)
  })
  // One code stands for all values, none for text.
  const formats = values.map((_, index): 0 | 1 => {
    const code = formatCodes.length === 1 ? formatCodes[0] : formatCodes[index]
    return code === 1 ? 1 : 0
  })
  return { portal, statement, formats, values, rest }
}

/** @throws MalformedMessage */
export function readParse(message: Buffer): { readonly name: string; readonly text: string } {
  const reader = new ByteReader(message)
  return { name: reader.string(), text: reader.string() }
}

/** What Describe and Close speak of. @throws MalformedMessage */
export function readTarget(message: Buffer): { readonly kind: string; readonly name: string } {
  const reader = new ByteReader(message)
  return { kind: String.fromCharCode(reader.byte()), name: reader.string() }
}

/** The portal that Execute names. @throws MalformedMessage */
export function readExecute(message: Buffer): string {
  return new ByteReader(message).string()
}
