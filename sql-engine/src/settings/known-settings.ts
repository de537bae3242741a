/**
 * Names of Millrace settings that do not exist. PostgreSQL takes any name with a dot in it, for an extension that may
 * come later; only a library of its own could reserve `millrace` (MarkGUCPrefixReserved).
 */
import { DatabaseError } from '../database-error.js'
import { findAll, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import { settingNames } from './session-settings.js'

/** Texts that may set a setting of Millrace, by any kind of statement. */
export const mayNameSetting = /\bmillrace\s*"?\s*\./i

/**
 * A setting that a statement sets and that Millrace does not have: by SET, ALTER ROLE or DATABASE, a function's SET
 * clause, and set_config() where the name stands in it.
 * @returns undefined when there is none
 */
export function unknownSettingOf(statement: Node): string | undefined {
  const lasting = inside(statement, 'AlterRoleSetStmt') ?? inside(statement, 'AlterDatabaseSetStmt')
  const set = [...findAll(statement, 'VariableSetStmt'), ...(lasting?.setstmt ? [lasting.setstmt] : [])]
    .filter(({ kind }) => kind !== 'VAR_RESET' && kind !== 'VAR_RESET_ALL')
    .map(({ name }) => name)
  const configured = findAll(statement, 'FuncCall').map(({ funcname, args }) => {
    const [name] = args ?? []
    if (name === undefined || stringsOf(funcname)?.at(-1) !== 'set_config') return undefined
    return inside(name, 'A_Const')?.sval?.sval
  })
  return [...set, ...configured].find((name) => name !== undefined && isUnknown(name))
}

/** @throws DatabaseError 42704 when a statement sets a setting that Millrace does not have */
export function rejectUnknownSettings(text: string, statement: Node): void {
  const name = mayNameSetting.test(text) ? unknownSettingOf(statement) : undefined
  if (name !== undefined) throw unknownSetting(name)
}

/** A setting in the options of a connection: `-c name=value` or `--name=value`. */
const option = /(?:^|\s)(?:-c\s*|--)([^\s=]+)/g

/**
 * @param parameters of a connection's start-up packet
 * @throws DatabaseError 42704 when they set a setting that Millrace does not have
 */
export function rejectUnknownOptions(parameters: ReadonlyMap<string, string>): void {
  const inOptions = [...(parameters.get('options') ?? '').matchAll(option)].map(([, name = '']) =>
    name.replaceAll('-', '_'),
  )
  const name = [...parameters.keys(), ...inOptions].find(isUnknown)
  if (name !== undefined) throw unknownSetting(name)
}

/** Whether Millrace has no such setting. PostgreSQL ignores case in these names. */
function isUnknown(name: string): boolean {
  const small = name.toLowerCase()
  return small.startsWith('millrace.') && !settingNames.includes(small)
}

function unknownSetting(name: string): DatabaseError {
  const near = nearest(name.toLowerCase())
  const all = `Millrace has ${settingNames.join(', ')}.`
  return new DatabaseError(`unrecognized configuration parameter "${name}"`, {
    sqlState: '42704', // undefined_object
    hint: near === undefined ? all : `Perhaps you meant "${near}". ${all}`,
  })
}

/** The largest distance of a misspelt name; beyond it, a name is a different one. */
const farthest = 4

function nearest(name: string): string | undefined {
  const distances = settingNames.map((known) => ({ known, distance: editDistance(name, known) }))
  const [first] = distances.toSorted((a, b) => a.distance - b.distance)
  return first !== undefined && first.distance <= farthest ? first.known : undefined
}

/** The Levenshtein distance: letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
