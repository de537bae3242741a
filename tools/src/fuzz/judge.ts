/**
 * Asks PostgreSQL for a statement's answers over many small databases, in one round trip: a batch's tables are views of
 * a setting that holds all rows, and a function sets it for one database after the other.
 */
import { quoteIdentifier, quoteLiteral } from '@millrace/sql-engine/parse/identifier'
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'
import { type RandomTables, tableColumns } from '@millrace/sql-engine/testing/random-tables'
import type { TestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import pg from 'pg'
import { withLiterals } from './client-outcome.js'

/** A row's values as PostgreSQL reads them, by column. */
export type DatabaseRow = Readonly<Record<string, string | null>>
/** Rows of each table. */
export type Database = Readonly<Record<string, readonly DatabaseRow[]>>

/** Of one database: an error's SQLSTATE, or how many rows there are and what tells them from others. */
export type Answer =
  | { readonly kind: 'error'; readonly sqlState: string }
  | { readonly kind: 'rows'; readonly count: number; readonly digest: string }

export function isSameAnswer(one: Answer, other: Answer): boolean {
  if (one.kind === 'error' || other.kind === 'error') return one.kind === other.kind
  return one.count === other.count && one.digest === other.digest
}

/** The name by which {@link Database} is given to the views. */
const setting = 'fuzz.database'
const schema = 'judged'

/** Between databases; JSON has it nowhere. */
const separator = '\u0001'

/** For all databases of one question. */
const timeout = '8s'

export class Judge {
  readonly #client: pg.Client

  private constructor(client: pg.Client) {
    this.#client = client
  }

  static async open(postgres: TestPostgres, tables: RandomTables): Promise<Judge> {
    const client = new pg.Client({ ...postgres.engineConfig, user: 'millrace', options: '' })
    await client.connect()
    const judge = new Judge(client)
    try {
      const views = Object.keys(tables).map((name) => view(name, tables))
      const session = `set search_path = ${schema}; set statement_timeout = '${timeout}'; set timezone = 'Europe/Berlin'`
      await client.query([`create schema ${schema}`, ...views, answersFunction, session].join(';\n'))
      return judge
    } catch (error) {
      await judge.close()
      throw error
    }
  }

  /** @returns the answer to each of them; undefined when they take too long */
  async answersOf(
    query: RandomQuery,
    databases: readonly Database[],
  ): Promise<((database: Database) => Answer) | undefined> {
    const answers = await this.#answers(query, databases)
    if (answers === undefined) return undefined
    const byDatabase = new Map(databases.map((database, index) => [database, answers[index]] as const))
    return (database) => byDatabase.get(database) ?? { kind: 'error', sqlState: 'none' }
  }

  /** Which of some texts are values of a type. */
  async valuesOfType(texts: readonly string[], type: string): Promise<readonly string[]> {
    const { rows } = await this.#client.query<{ readonly value: string }>(
      'select value from unnest($1::text[]) as value where pg_input_is_valid(value, $2)',
      [texts, type],
    )
    return rows.map(({ value }) => value)
  }

  async close(): Promise<void> {
    await this.#client.query(`drop schema if exists ${schema} cascade`)
    await this.#client.end()
  }

  async #answers(query: RandomQuery, databases: readonly Database[]): Promise<readonly Answer[] | undefined> {
    const contents = databases.map((one) => JSON.stringify(one)).join(separator)
    const values = [withLiterals(query), contents, separator, query.isOrdered]
    try {
      const { rows } = await this.#client.query<{ readonly answer: string }>(
        'select unnest(judged.answers($1, string_to_array($2, $3), $4)) as answer',
        values,
      )
      return rows.map(({ answer }) => answerOf(answer))
    } catch (error) {
      if (error instanceof pg.DatabaseError) return undefined
      throw error
    }
  }
}

function view(name: string, tables: RandomTables): string {
  const table = tables[name]
  const columns = table === undefined ? [] : tableColumns(table)
  const values = columns.map(
    ({ name: column, type }) =>
      `(row_value ->> ${quoteLiteral(column)})::${type} as ${quoteIdentifier(column)}`,
  )
  const rows = `jsonb_array_elements(current_setting('${setting}')::jsonb -> ${quoteLiteral(name)})`
  // OFFSET keeps conditions from being evaluated on the texts again and again.
  return `create view ${schema}.${quoteIdentifier(name)} as select ${values.join(', ')} from ${rows} as row_value offset 0`
}

const answersFunction = `
create function ${schema}.answers(statement text, databases text[], is_ordered boolean) returns text[]
language plpgsql as $$
declare
  answers text[] := '{}';
  lines text[];
  one record;
  content text;
begin
  foreach content in array databases loop
    perform set_config('${setting}', content, false);
    lines := '{}';
    begin
      for one in execute statement loop
        lines := array_append(lines, one::text);
      end loop;
      if not is_ordered then
        lines := array(select line from unnest(lines) as line order by line collate "C");
      end if;
      answers := array_append(answers, cardinality(lines) || ' ' || md5(array_to_string(lines, E'\\n')));
    exception when others then
      answers := array_append(answers, 'error ' || sqlstate);
    end;
  end loop;
  return answers;
end
$$`

function answerOf(text: string): Answer {
  const [first = '', second = ''] = text.split(' ')
  return first === 'error'
    ? { kind: 'error', sqlState: second }
    : { kind: 'rows', count: Number(first), digest: second }
}
