/** Errors on their way from one thread to another, where `structuredClone` would leave of them little more than a message. */
import { ApiError } from '@millrace/plugin-sdk'
import { DatabaseError } from '../database-error.js'

export interface SentError {
  readonly kind: 'api' | 'database' | 'other'
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** Its own properties that are plain data. */
  readonly properties: Readonly<Record<string, unknown>>
}

export function sentError(thrown: unknown): SentError {
  const error = thrown instanceof Error ? thrown : new Error(`a value of the type ${typeof thrown}`)
  const kind = ApiError.is(error) ? 'api' : error instanceof DatabaseError ? 'database' : 'other'
  const properties = Object.entries(error).filter(([name, value]) => name !== 'name' && isPlain(value))
  const { name, message, stack } = error
  return { kind, name, message, stack, properties: Object.fromEntries(properties) }
}

export function receivedError({ kind, name, message, stack, properties }: SentError): Error {
  const error = Object.assign(emptyError(kind, message, properties), properties)
  Object.defineProperty(error, 'name', { value: name, configurable: true })
  if (stack !== undefined) error.stack = stack
  return error
}

function emptyError(kind: SentError['kind'], message: string, { sqlState }: SentError['properties']): Error {
  if (kind === 'api') return new ApiError(message)
  if (kind === 'database') return new DatabaseError(message, { sqlState: String(sqlState) })
  return new Error(message)
}

function isPlain(value: unknown): boolean {
  return value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value)
}
