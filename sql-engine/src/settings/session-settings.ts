/**
 * What a session sets for Millrace: ordinary settings, `SET millrace.cache_ttl = 60` or in a connection's options.
 */
import { z } from 'zod'
import { DatabaseError } from '../database-error.js'
import type { Quotas } from '../quota/quotas.js'

export interface SessionSettings {
  /** How old the rows that answer a statement may be, in milliseconds; undefined for the server's default. */
  readonly cacheTtl: number | undefined
  /** Whether the transaction sees only what was there when it began. */
  readonly hasFixedSnapshot: boolean
  /** The quotas that the session sets; the others are the server's. */
  readonly quotas: Partial<Quotas>
  /** Whether the client gets notices of a long statement's progress: sentences (`on`) or, for programs, JSON. */
  readonly progress: 'off' | 'on' | 'json'
}

/** The settings as PostgreSQL has them, by their names; and `isolation`. */
type Raw = Readonly<Record<string, string | null>>

/** Names of all settings. */
export const settingNames: readonly string[] = [
  'cache_ttl',
  'max_api_calls',
  'max_keys',
  'max_rows',
  'max_bytes',
  'progress',
].map((name) => `millrace.${name}`)

const defaultMark = ' (default)'

/**
 * A value that is shown where nothing is set, and does not count as set: a connection's own value takes precedence.
 */
export function byDefault(value: string): string {
  return `${value}${defaultMark}`
}

export const settingsSchema = z.record(z.string(), z.string().nullable())

/** An SQL expression for what {@link readSettings} reads, as JSON. A setting that is not set is NULL. */
export const settingsQuery = `pg_catalog.json_build_object(
  'isolation', pg_catalog.current_setting('transaction_isolation'), ${settingNames
    .map((name) => `'${name}', pg_catalog.current_setting('${name}', true)`)
    .join(', ')})`

/** @throws DatabaseError 22023 for invalid values */
export function readSettings(raw: Raw): SessionSettings {
  const quotas = {
    apiCalls: read(raw, 'max_api_calls', readCount),
    keys: read(raw, 'max_keys', readCount),
    rows: read(raw, 'max_rows', readCount),
    bytes: read(raw, 'max_bytes', readBytes),
  }
  return {
    cacheTtl: read(raw, 'cache_ttl', readMilliseconds),
    quotas: Object.fromEntries(Object.entries(quotas).filter(([, limit]) => limit !== undefined)),
    hasFixedSnapshot: raw.isolation !== 'read committed' && raw.isolation !== 'read uncommitted',
    progress: read(raw, 'progress', readProgress) ?? 'off',
  }
}

/** A setting's kind: reads its value, and says which values there are. */
interface Reader<Value> {
  /** @returns undefined for an invalid value */
  value(text: string): Value | undefined
  readonly hint: string
}

const readMilliseconds: Reader<number> = {
  value: (text) => (/^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) * 1000 : undefined),
  hint: 'Give a number of seconds, 0 for rows that are always asked for again.',
}

const readCount: Reader<number> = {
  value: (text) => {
    if (text === '-1') return Number.POSITIVE_INFINITY
    return /^\d{1,15}$/.test(text) ? Number(text) : undefined
  },
  hint: 'Give a whole number, -1 for no quota.',
}

/** PostgreSQL's units of memory: https://www.postgresql.org/docs/18/config-setting.html */
const byteUnits: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['B', 1],
  ['kB', 1024],
  ['MB', 1024 ** 2],
  ['GB', 1024 ** 3],
  ['TB', 1024 ** 4],
])

const readBytes: Reader<number> = {
  value: (text) => {
    if (text === '-1') return Number.POSITIVE_INFINITY
    const [, digits, unit = ''] = /^(\d{1,12})\s*([A-Za-z]*)$/.exec(text) ?? []
    const factor = byteUnits.get(unit)
    return digits === undefined || factor === undefined ? undefined : Number(digits) * factor
  },
  hint: 'Give a number of bytes, or one with a unit (kB, MB, GB, TB), -1 for no quota.',
}

/** Booleans as PostgreSQL reads them, without abbreviations. */
const booleans: ReadonlyMap<string, boolean> = new Map([
  ['on', true],
  ['true', true],
  ['yes', true],
  ['1', true],
  ['off', false],
  ['false', false],
  ['no', false],
  ['0', false],
])

const readProgress: Reader<SessionSettings['progress']> = {
  value: (text) => {
    const name = text.toLowerCase()
    if (name === 'json') return 'json'
    const isOn = booleans.get(name)
    return isOn === undefined ? undefined : isOn ? 'on' : 'off'
  },
  hint: 'Give on, off or json.',
}

function read<Value>(raw: Raw, name: string, { value, hint }: Reader<Value>): Value | undefined {
  const text = raw[`millrace.${name}`]?.trim()
  // RESET leaves it empty where no default is shown.
  if (text === undefined || text === '' || text.endsWith(defaultMark.trim())) return undefined
  const found = value(text)
  if (found !== undefined) return found
  throw new DatabaseError(`invalid value for parameter "millrace.${name}": "${text}"`, {
    sqlState: '22023',
    hint,
  })
}
