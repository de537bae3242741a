/** Completes what stands before the cursor, from what the server knows at that moment. */
import type { Client } from 'pg'
import { z } from 'zod'
import { tokensOf } from '../sql/tokens.js'
import { completionQuery } from './catalog-queries.js'
import { isMetaCommand, metaCommandNames } from './meta-commands.js'

/** Words that begin clauses and conditions; PostgreSQL has many more. */
const keywords =
  `all analyze and as asc begin between by case coalesce commit count create cross delete desc distinct
  drop else end except exists explain false filter from full group having ilike in inner insert intersect into is join
  lateral left like limit materialized not null offset on or order outer over partition refresh reset right rollback
  select set show table then true union update using values view when where window with`.split(/\s+/)

const namesShape = z.array(z.object({ name: z.string() }))

export interface Completion {
  readonly candidates: readonly string[]
  /** The end of the line that a candidate takes the place of. */
  readonly word: string
}

/**
 * @param before lines of the statement that have been typed already
 * @param client asked for names; undefined while a statement runs
 */
export async function complete(
  line: string,
  before: string,
  client: Client | undefined,
): Promise<Completion> {
  if (before === '' && isMetaCommand(line) && !/\s/.test(line.trim())) {
    const word = line.trimStart()
    return { candidates: metaCommandNames.filter((name) => name.startsWith(word)), word }
  }
  const typed = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*\.?[\w$\u0080-\uffff]*$/.exec(line)?.[0] ?? ''
  const dot = typed.indexOf('.')
  const qualifier = dot < 0 ? '' : typed.slice(0, dot).toLowerCase()
  const word = typed.slice(dot + 1)
  const prefix = word.toLowerCase()
  const wordsTyped = wordsOf(`${before}\n${line}`)
  const names =
    client === undefined ? [] : await namesFrom(client, prefix, wordsTyped, aliased(qualifier, wordsTyped))
  const known = qualifier === '' && prefix !== '' ? keywords.filter((each) => each.startsWith(prefix)) : []
  return { candidates: [...new Set([...known, ...names.map(asTyped)])], word }
}

async function namesFrom(
  client: Client,
  prefix: string,
  words: readonly string[],
  qualifier: string,
): Promise<string[]> {
  const values = [prefix, words, qualifier]
  // In a transaction that has failed the server answers nothing; then there is nothing to complete.
  const rows = await client.query(completionQuery, values).then(
    (result) => result.rows,
    () => [],
  )
  return (namesShape.safeParse(rows).data ?? []).map(({ name }) => name)
}

function wordsOf(text: string): string[] {
  return tokensOf(text).flatMap(({ kind, start, end }) =>
    kind === 'word' ? [text.slice(start, end).toLowerCase()] : [],
  )
}

/** What a name before a dot stands for: the word before it, as in `from table name` and `from table as name`. */
function aliased(qualifier: string, words: readonly string[]): string {
  if (qualifier === '') return ''
  for (const [index, word] of words.entries()) {
    if (word !== qualifier) continue
    const previous = words[index - 1] === 'as' ? words[index - 2] : words[index - 1]
    if (previous !== undefined && !keywords.includes(previous)) return previous
  }
  return qualifier
}

/** A name that would not be read as it is stands in quotes. */
function asTyped(name: string): string {
  return /^[a-z_\u0080-\uffff][a-z0-9_$\u0080-\uffff]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
