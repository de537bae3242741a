/** Changes conditions and joins of a statement's syntax tree, so that it asks something else. */
import {
  astMapper,
  type BinaryOperator,
  type Expr,
  type ExprBinary,
  type From,
  type IAstMapper,
  type JoinType,
  parse,
  type SelectFromStatement,
  type Statement,
  toSql,
} from 'pgsql-ast-parser'
import type { Choices } from './choices.js'

/**
 * @param text one statement, as `random-query.ts` writes it
 * @returns undefined when pgsql-ast-parser cannot read it, or reads or writes it wrongly
 */
export function mutatedQuery(text: string, choices: Choices): string | undefined {
  const statement = parsed(text)
  if (statement === undefined) return undefined
  const mutated = new Mutator(choices).mutated(statement)
  const written = mutated && withAnyAndAll(toSql.statement(mutated))
  // What the parser would not read again, it has not written as it was meant.
  return written === undefined || parsed(written) === undefined ? undefined : written
}

/** It takes ANY and ALL for functions, and writes `= ("any" (list))`. */
function withAnyAndAll(text: string): string {
  const start = /\("(any|all)" \(/.exec(text)
  if (start === null) return text
  let depth = 0
  let isQuoted = false
  let end = start.index
  do {
    const character = text[end++]
    if (character === "'") isQuoted = !isQuoted
    else if (!isQuoted && character === '(') depth++
    else if (!isQuoted && character === ')') depth--
  } while (depth > 0 && end < text.length)
  const inside = text.slice(start.index + 1, end - 1).replace(/^"(any|all)"/, '$1')
  return withAnyAndAll(`${text.slice(0, start.index)}${inside}${text.slice(end)}`)
}

function parsed(text: string): Statement | undefined {
  try {
    const [statement, ...others] = parse(text)
    return others.length === 0 ? statement : undefined
  } catch {
    return undefined
  }
}

/** Operators that may take each other's place, whatever they compare. */
const alike: readonly (readonly [BinaryOperator, ...BinaryOperator[]])[] = [
  ['=', '!=', '<', '<=', '>', '>='],
  ['IN', 'NOT IN'],
  ['LIKE', 'NOT LIKE', 'ILIKE', 'NOT ILIKE'],
  ['~', '!~', '~*', '!~*'],
  ['AND', 'OR'],
]

/**
 * Not FULL JOIN, nor are its conditions mutated: PostgreSQL runs some of them only because of a condition outside,
 * and refuses (0A000) the key query that lacks it.
 */
const joins: readonly [JoinType, ...JoinType[]] = ['INNER JOIN', 'LEFT JOIN', 'RIGHT JOIN']

/** Which rows come is changed, never in which order: what was determined is determined afterwards. */
class Mutator {
  readonly #choices: Choices
  readonly #mapper: IAstMapper
  /** Whether an expression decides what rows there are: it stands in WHERE, ON or HAVING. */
  #isCondition = false

  constructor(choices: Choices) {
    this.#choices = choices
    this.#mapper = astMapper((usual) => ({
      selection: (select) => this.#selection(select, usual),
      from: (from) => this.#from(from, usual),
      binary: (binary) => this.#binary(binary, usual),
      // What CASE guards would fail elsewhere.
      case: (guarded) => guarded,
    }))
  }

  mutated(statement: Statement): Statement | undefined {
    return this.#mapper.statement(statement) ?? undefined
  }

  #selection(select: SelectFromStatement, usual: IAstMapper): SelectFromStatement {
    // LIMIT without an order stands where all rows are alike; others must not come among them.
    if (select.limit && !select.orderBy) return select
    const { where, having, ...rest } = select
    const mapped = this.#within(false, () => usual.super().selection(rest))
    if (mapped?.type !== 'select') return select
    return { ...mapped, where: this.#condition(where), having: this.#condition(having) }
  }

  #from(from: From, usual: IAstMapper): From | undefined {
    const { join, ...alone } = from
    const mapped = this.#within(false, () => usual.super().from(alone)) ?? undefined
    if (mapped === undefined || !join) return mapped
    if (join.type === 'FULL JOIN') return { ...mapped, join }
    const on = this.#condition(join.on)
    const type = on && this.#choices.chance(8) ? this.#choices.pick(joins) : join.type
    return { ...mapped, join: { ...join, type, ...(on ? { on } : {}) } }
  }

  #condition(expression: Expr | null | undefined): Expr | undefined {
    if (!expression) return undefined
    const mapped = this.#within(true, () => this.#mapper.expr(expression)) ?? expression
    if (this.#choices.chance(6)) return { type: 'unary', op: 'NOT', operand: mapped }
    if (this.#choices.chance(4)) return { type: 'unary', op: 'IS NOT FALSE', operand: mapped }
    if (this.#choices.chance(4)) return { type: 'binary', op: 'OR', left: mapped, right: { type: 'null' } }
    return mapped
  }

  #binary(binary: ExprBinary, usual: IAstMapper): Expr | null | undefined {
    if (!this.#isCondition) return usual.super().binary(binary)
    const mapped = usual.super().binary(binary)
    if (mapped?.type !== 'binary') return mapped
    const kind = alike.find((operators) => operators.includes(mapped.op))
    if (kind === undefined) return mapped
    if (mapped.op === 'AND' && this.#choices.chance(8)) {
      return this.#choices.pick([mapped.left, mapped.right])
    }
    if (this.#choices.chance(12)) return { ...mapped, op: this.#choices.pick(kind) }
    if (kind[0] === '=' && this.#choices.chance(8)) {
      return { ...mapped, op: mirrored[mapped.op] ?? mapped.op, left: mapped.right, right: mapped.left }
    }
    return mapped
  }

  #within<Result>(isCondition: boolean, run: () => Result): Result {
    const before = this.#isCondition
    this.#isCondition = isCondition
    try {
      return run()
    } finally {
      this.#isCondition = before
    }
  }
}

const mirrored: Readonly<Partial<Record<BinaryOperator, BinaryOperator>>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}
