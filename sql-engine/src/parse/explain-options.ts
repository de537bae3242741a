/** What an EXPLAIN is asked to do; https://www.postgresql.org/docs/18/sql-explain.html */
import { type Inside, inside, type Node } from './syntax-tree.js'

export interface ExplainOptions {
  /** Whether the statement is run. */
  readonly analyze: boolean
  /** Whether parameters stand for any values. */
  readonly genericPlan: boolean
  readonly format: 'text' | 'json' | 'xml' | 'yaml'
}

export function explainOptions({ options }: Inside<'ExplainStmt'>): ExplainOptions {
  let analyze = false
  let genericPlan = false
  let format: ExplainOptions['format'] = 'text'
  for (const option of options ?? []) {
    const { defname, arg } = inside(option, 'DefElem') ?? {}
    if (defname === 'analyze') analyze = isOn(arg)
    if (defname === 'generic_plan') genericPlan = isOn(arg)
    const value = (inside(arg, 'String')?.sval ?? '').toLowerCase()
    if (defname === 'format' && (value === 'json' || value === 'xml' || value === 'yaml')) format = value
    if (defname === 'format' && value === 'text') format = 'text'
  }
  return { analyze, genericPlan, format }
}

/** Reads a value as PostgreSQL's defGetBoolean does: an option that is named without a value is on. */
function isOn(argument: Node | undefined): boolean {
  if (argument === undefined) return true
  const text = inside(argument, 'String')?.sval ?? inside(argument, 'Boolean')?.boolval
  if (text !== undefined)
    return !['false', 'off', false].includes(typeof text === 'string' ? text.toLowerCase() : text)
  return (inside(argument, 'Integer')?.ival ?? 0) !== 0
}
