/** Values that the command line gives to a statement's variables. They are bound, never put into its text. */
import { UserError } from '../user-error.js'
import type { Statement } from './statements.js'

export type Variables = ReadonlyMap<string, string>

export interface BoundStatement {
  /** With `$1` and so on in the places of the variables. */
  readonly text: string
  readonly values: readonly string[]
  /** Names of the variables that have their value. */
  readonly names: ReadonlySet<string>
  /** From a place in {@link text} to the place in the statement that it comes from; both in UTF-16 units. */
  originalPlace(place: number): number
}

/**
 * `:name` and `$name` become parameters where the name has a value. One name is one parameter wherever it stands, so
 * that PostgreSQL takes an expression with it under SELECT and GROUP BY for the same.
 * @param prefix goes before the statement, such as EXPLAIN
 * @throws UserError where the statement has parameters of its own besides
 */
export function bindVariables(statement: Statement, variables: Variables, prefix = ''): BoundStatement {
  const numbers = new Map<string, number>()
  const moves: { readonly bound: number; readonly original: number }[] = [
    { bound: prefix.length, original: 0 },
  ]
  let text = prefix
  let copied = 0
  for (const { kind, start, end } of statement.tokens) {
    const name = statement.text.slice(start + 1, end)
    if (kind !== 'variable' || !variables.has(name)) continue
    const number = numbers.get(name) ?? numbers.size + 1
    numbers.set(name, number)
    text += statement.text.slice(copied, start)
    moves.push({ bound: text.length, original: start })
    // Behind a letter, PostgreSQL would take the dollar sign for a part of the word.
    text += `${/[\w$\u0080-\uffff]$/.test(text) ? ' ' : ''}$${number}`
    moves.push({ bound: text.length, original: end })
    copied = end
  }
  if (numbers.size > 0 && statement.tokens.some(({ kind }) => kind === 'parameter')) {
    throw new UserError('a statement with variables cannot have parameters such as $1 as well', 2)
  }
  text += statement.text.slice(copied)
  return {
    text,
    values: [...numbers.keys()].map((name) => variables.get(name) ?? ''),
    names: new Set(numbers.keys()),
    originalPlace: (place) => {
      const index = moves.findLastIndex(({ bound }) => bound <= place)
      const move = moves[index]
      if (move === undefined) return 0
      const next = moves[index + 1]?.original ?? statement.text.length
      return Math.min(move.original + place - move.bound, next)
    },
  }
}

/** Variables of a statement that have no value. PostgreSQL may know better what they are: a slice `a[1:n]`. */
export function unknownVariables(statement: Statement, variables: Variables): string[] {
  return statement.tokens.flatMap(({ kind, start, end }) => {
    const name = statement.text.slice(start + 1, end)
    return kind === 'variable' && !variables.has(name) ? [name] : []
  })
}

/**
 * Reads `name=value`.
 * @throws UserError where it is anything else
 */
export function parseVariable(argument: string): readonly [name: string, value: string] {
  const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(argument) ?? []
  if (name === undefined || value === undefined) {
    throw new UserError(`--var takes name=value, not "${argument}"`, 2)
  }
  return [name, value]
}
