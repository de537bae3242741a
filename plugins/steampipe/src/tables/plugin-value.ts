/** A condition's value in the form in which a plugin's SDK reads it. */
import { isIP } from 'node:net'
import type { ColumnType, QualValue } from '@millrace/plugin-sdk'
import type { PluginValue } from '../protocol/execute-request.js'

/** @returns undefined where the value cannot be passed: a number that is none, or a text that is empty, which means "not asked" */
export function pluginValue(type: ColumnType, value: QualValue): PluginValue | undefined {
  switch (type) {
    case 'text':
      return typeof value === 'string' && value !== '' ? { kind: 'string', value } : undefined
    case 'jsonb':
      return typeof value === 'string' ? { kind: 'json', value } : undefined
    case 'boolean':
      return typeof value === 'boolean' ? { kind: 'bool', value } : undefined
    case 'bigint':
      return typeof value === 'bigint' ? { kind: 'int', value } : undefined
    case 'double precision':
      return typeof value === 'number' && Number.isFinite(value) ? { kind: 'double', value } : undefined
    case 'timestamp with time zone':
      return typeof value === 'bigint' ? timeValue(value) : undefined
    case 'inet':
    case 'cidr':
      return typeof value === 'string' ? networkValue(value) : undefined
    default:
      return undefined
  }
}

/** Of years that `google.protobuf.Timestamp` has. */
const firstTime = BigInt(Date.parse('0001-01-01T00:00:00Z')) * 1000n
const endOfTime = BigInt(Date.parse('+010000-01-01T00:00:00Z')) * 1000n

function timeValue(microseconds: bigint): PluginValue | undefined {
  if (microseconds < firstTime || microseconds >= endOfTime) return undefined
  return { kind: 'timestamp', microseconds }
}

/** @param text as PostgreSQL prints it: without the length of a single address */
function networkValue(text: string): PluginValue | undefined {
  const [address = '', length] = text.split('/')
  const version = isIP(address)
  if (version !== 4 && version !== 6) return undefined
  return {
    kind: 'inet',
    address,
    bits: length === undefined ? (version === 4 ? 32 : 128) : Number(length),
    version,
  }
}
