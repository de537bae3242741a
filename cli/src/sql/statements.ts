/** Where one statement ends and the next begins: by the rules of psql, which people's files are written for. */
import { type Token, tokensOf } from './tokens.js'

export interface Statement {
  /** From its first token to its last, without the semicolon. */
  readonly text: string
  /** Where it begins in the text that it was cut from, in UTF-16 units. */
  readonly start: number
  /** Those of {@link text}, with places in it; neither spaces nor comments. */
  readonly tokens: readonly Token[]
}

export interface Statements {
  /** The last one may lack its semicolon. */
  readonly statements: readonly Statement[]
  /** Whether text is left that no semicolon has ended, or that is still within quotes or a comment. */
  readonly open: boolean
}

/**
 * Cuts text at semicolons. Those in strings, comments, parentheses and bodies of functions
 * (`BEGIN ATOMIC … END`) end nothing.
 */
export function statementsOf(text: string): Statements {
  const statements: Statement[] = []
  let current: Token[] = []
  let parentheses = 0
  let body = new FunctionBody()
  let unclosed = false
  const finish = () => {
    const [first] = current
    const last = current.at(-1)
    if (first !== undefined && last !== undefined) {
      const { start } = first
      const tokens = current.map((token) => ({
        ...token,
        start: token.start - start,
        end: token.end - start,
      }))
      statements.push({ text: text.slice(start, last.end), start, tokens })
    }
    current = []
    parentheses = 0
    body = new FunctionBody()
  }
  for (const token of tokensOf(text)) {
    unclosed = !token.closed
    if (token.kind === 'space' || token.kind === 'comment') continue
    const symbol = token.kind === 'symbol' ? text.slice(token.start, token.end) : ''
    if (symbol === ';' && parentheses === 0 && !body.open) {
      finish()
      continue
    }
    current.push(token)
    if (symbol === '(') parentheses++
    if (symbol === ')' && parentheses > 0) parentheses--
    if (token.kind === 'word' && parentheses === 0) {
      body.word(text.slice(token.start, token.end).toLowerCase())
    }
  }
  const open = unclosed || current.length > 0
  finish()
  return { statements, open }
}

/** Whether words have opened the body of an SQL function that they have not yet closed. */
class FunctionBody {
  readonly #first: string[] = []
  #depth = 0

  get open(): boolean {
    return this.#depth > 0
  }

  word(word: string): void {
    if (this.#first.length < 4) this.#first.push(word)
    if (!/^create (?:or replace )?(?:function|procedure)\b/.test(this.#first.join(' '))) return
    if (word === 'begin' || (word === 'case' && this.open)) this.#depth++
    if (word === 'end' && this.open) this.#depth--
  }
}
