/**
 * What a table is made of: columns, keys, a generator of rows, and hydrate functions.
 */
import type { ApiError } from './api-error.js'
import type { Columns, ColumnType, QualValues, Row } from './column.js'
import type { Decoded, Decoder } from './decoder.js'
import type { OperatorOf, Quals } from './qual.js'

/** A column on which conditions reach the API. */
export interface Key<Type extends ColumnType = ColumnType> {
  /** Operators that the table can use. Conditions with others stay with PostgreSQL. */
  readonly operators: readonly OperatorOf<Type>[]
  /**
   * - `required`: the API cannot be asked without an `=` value for this column.
   * - `any-of`: one of the table's any-of keys must have an `=` value.
   * - `optional` (the default): narrows what is fetched.
   */
  readonly require?: 'required' | 'any-of' | 'optional'
  /**
   * How many `=` values one `list` call takes; the default is any number. More values are divided into several calls,
   * side by side. A table that sets this promises that each row it yields has, in this column, one of the values it
   * was called with; otherwise two calls could yield the same row.
   */
  readonly valuesPerCall?: number
  /**
   * Operators whose conditions are exactly true of every row that the table yields, so that it need not yield more
   * rows than LIMIT says. `=` need not be named where `valuesPerCall` promises it. Default is none.
   */
  readonly exact?: readonly OperatorOf<Type>[]
  /**
   * Whether the column belongs to the API's data, whatever is asked: rows fetched without a condition on it hold all
   * rows that a condition would leave. This does not hold for a column that only repeats what was asked for, such as
   * a search text. Cached rows then answer later queries with narrower conditions. Default is false.
   */
  readonly inherent?: boolean
  /**
   * Whether the values of an inet column are single addresses, without a netmask. A condition on `host(column)` then
   * asks for the address. Default is false.
   */
  readonly hostsOnly?: HostsOnly<Type>
  /**
   * Whether the column's value never changes once a row is there, such as the time of an event. For an inherent key,
   * a wider range then asks only for what is missing. Default is false.
   */
  readonly immutable?: boolean
}

/** Whether a column can be of hosts: only one of type inet. */
type HostsOnly<Type extends ColumnType> = Type extends 'inet' ? boolean : never

/** How a table's rows are cached for later queries. */
export interface TableCache<ColumnName extends string = string> {
  /**
   * How many seconds rows answer later queries, unless the connection or the session says otherwise. For data that
   * changes slower or faster than the server's default of five minutes allows for.
   */
  readonly ttl?: number
  /**
   * A key column with `valuesPerCall`, for tables that are asked about one thing at a time: what was found for each
   * of its values is cached by itself, even that nothing was, and is found by an index. For small answers.
   */
  readonly lookup?: ColumnName
  /**
   * Whether lookups outlive a restart of Millrace. That takes a plugin with the {@link Plugin.identity} of its
   * connections.
   */
  readonly persist?: boolean
}

/**
 * What a table consists of, where it is read in parts that never change once they are there, such as the objects of a store: what
 * was read of each is cached by itself, and a later question reads only what is new.
 */
export interface TableParts<Connection, TableColumns extends Columns> {
  /**
   * A key of texts with `valuesPerCall`, by whose values parts are told apart: every row belongs to one. Whenever `list` is called
   * with a value, it yields the same rows.
   */
  readonly column: keyof TableColumns & string
  /**
   * The inherent keys whose conditions decide which parts there are. Parts are read without these conditions, so that they answer
   * questions with others.
   */
  readonly decidedBy: readonly (keyof TableColumns & string)[]
  /** How many seconds parts answer later queries, unless the connection or the session says otherwise. */
  readonly ttl: number
  /** Yields the values of the parts that hold all rows which fulfil the quals. */
  list(scan: Scan<Connection, TableColumns>): AsyncIterable<readonly string[]>
}

/** Ascending or descending, as PostgreSQL sorts. */
export type Direction = 'asc' | 'desc'

/** The types whose order depends on no collation. */
export type OrderedType = 'bigint' | 'double precision' | 'numeric' | 'date' | 'timestamp with time zone'

type DirectionsOf<Type extends ColumnType> = Type extends OrderedType ? readonly Direction[] : never

/** Which rows a limit means: the first ones by a column. */
export interface ScanOrder<ColumnName extends string = string> {
  readonly column: ColumnName
  readonly direction: Direction
}

/** What a table's `list` and `hydrate` functions get. */
export interface Scan<Connection = unknown, TableColumns extends Columns = Columns> {
  /** What the plugin's `connect` returned for the connection that is asked. */
  readonly connection: Connection
  readonly connectionName: string
  /** The columns that the query needs; others are not looked at. */
  readonly columns: ReadonlySet<keyof TableColumns & string>
  readonly quals: Quals<TableColumns>
  /**
   * The number of rows that are needed; undefined when all are. With an {@link order}, they must be the first ones.
   */
  readonly limit: number | undefined
  /**
   * The order by which rows are the first. Present only with a limit, and only as the table's {@link Table.orders}
   * say.
   */
  readonly order: ScanOrder<keyof TableColumns & string> | undefined
  /** Aborted when the query is cancelled, its client has gone, or its limit is reached. */
  readonly signal: AbortSignal
  /**
   * Makes one API call: waits for its turn under the account's limits, counts it, gives it a signal that also ends a
   * call without an answer, and makes it again where its {@link ApiError} says that this may help. Every request a
   * table makes goes through here.
   * @param name the API's own name of the call, such as `FilterLogEvents`, for errors, limits and EXPLAIN
   * @param run makes one request; it may be called several times, one after the other
   * @param scope what the API counts the call under besides the account, such as a region
   * @throws what `run` throws, as an {@link ApiError} that names the call
   */
  call<Result>(name: string, run: (signal: AbortSignal) => Promise<Result>, scope?: string): Promise<Result>
  /**
   * Decodes an answer, in a thread beside the main one where there are any. The rows are then PostgreSQL's
   * already, for the columns that are wanted: they may only be yielded, batch by batch, and whoever looks into them gets an
   * error. What has to, calls the decoder's own function.
   * @param parts of one answer, whose errors are passed on
   */
  decode<Options, Remark, Part>(
    decoder: Decoder<Options, Remark, Part>,
    parts: AsyncIterable<Part>,
    options: Options,
  ): AsyncIterable<Decoded<Remark>>
  /**
   * Counts calls that whoever has answered made in turn, as far as they are told of, such as those of another program: for
   * EXPLAIN ANALYZE and `millrace.scan`. No quota counts them.
   */
  innerCallsMade(count: number): void
  /**
   * Goes on without rows that the API has failed to give, where the user's settings say so. The client gets a NOTICE,
   * and what did come is not cached for later statements. Where no client would see the NOTICE, as within a function,
   * the query fails instead, with what the API said. For `list`; where nothing is left to go on with, throw the
   * failure.
   * @param part what the rows belong to, such as `region eu-west-1`
   * @param failure as {@link call} has thrown it
   * @throws the failure, where it is not the API's: a cancellation, an exceeded quota of the statement, a defect
   */
  leaveOut(part: string, failure: unknown): void
  /**
   * Goes on with NULL in place of a value that PostgreSQL does not take, such as a text in a column of JSON that is
   * none. The client gets a NOTICE, once for the column; for the rest as {@link leaveOut}.
   * @param failure says what is wrong with the value
   */
  leaveOutValue(column: keyof TableColumns & string, failure: ApiError): void
  /**
   * Whether the user's settings (`ignore_error_codes`, `ignore_error_messages`) say to go on without what a failure
   * has kept back. A list that asks several places of the API, such as regions, leaves that one out; the engine
   * itself looks at what a list or a hydrate function throws.
   * @param failure as {@link call} has thrown it
   */
  ignores(failure: unknown): boolean
}

/** Columns that cost a further API call for each row. */
export interface Hydrate<Connection, TableColumns extends Columns> {
  readonly columns: readonly (keyof TableColumns & string)[]
  /**
   * The API's codes of errors that make these columns NULL, whatever the settings say; the client gets a NOTICE, as
   * for {@link Scan.leaveOut}. For columns that many users may not see.
   */
  readonly optional?: readonly string[]
  /**
   * Fetches these columns for a row of `list`. Called only when the query names one of them, and not for a row that has
   * all of them already, as one of `get` may.
   */
  fetch(row: Row<TableColumns>, scan: Scan<Connection, TableColumns>): Promise<Row<TableColumns>>
}

/** The API's call for one thing, where it has one beside its call for all. */
export interface Get<Connection, TableColumns extends Columns, Value> {
  /**
   * Yields the rows that have the value in the column; none where the API says that there is no such thing. Rows without
   * the values that the quals name in other columns are dropped.
   */
  list(value: Value, scan: Scan<Connection, TableColumns>): AsyncIterable<readonly Row<TableColumns>[]>
}

/** A worked example for the table's documentation. Every example runs in the tests. */
export interface Example {
  readonly title: string
  readonly sql: string
}

/** A call of the API that a table makes. */
export interface TableCall {
  /** The API's own name of the call, as in {@link Scan.call}. */
  readonly name: string
  /** The permission that the caller needs, as the API names it, such as `logs:FilterLogEvents`. */
  readonly permission?: string
  /**
   * What a call takes from an account, where that is scarce: a lookup of a daily quota, a credit that is paid for. Shown
   * by EXPLAIN, and on the table's page.
   */
  readonly cost?: string
  /**
   * What the call is made once for, such as `user`, where that is neither a value of a key nor a row with a hydrate
   * function. Shown by EXPLAIN.
   */
  readonly per?: string
  /** Whether whoever answers makes calls in turn, whose number cannot be known before. EXPLAIN says so. */
  readonly makesCalls?: true
}

/** A virtual table. */
export interface Table<Connection = unknown, TableColumns extends Columns = Columns> {
  readonly name: string
  readonly description: string
  readonly columns: TableColumns
  readonly keys: { readonly [Name in keyof TableColumns]?: Key<TableColumns[Name]['type']> }
  /**
   * Columns, of numbers or times, by which the table can yield the first rows without having read all. Where {@link
   * Scan.order} asks for them, a `list` call promises that its rows, in whatever order it yields them, hold
   * - the first {@link Scan.limit} rows among those that fulfil its quals, or all of them where there are fewer, and
   * - every row that fulfils its quals and has the same value in the column as the last of those.
   *
   * A row counts only if it certainly fulfils every qual, by `isSureToFulfil` or because the API says so; more rows
   * may always be yielded. In a table's rows such a column is never NULL.
   */
  readonly orders?: { readonly [Name in keyof TableColumns]?: DirectionsOf<TableColumns[Name]['type']> }
  readonly cache?: TableCache<keyof TableColumns & string>
  /**
   * Yields batches of rows, as they come from the API. Columns that a hydrate function names may be left
   * out. Rows may hold columns that were not asked for; they are dropped.
   */
  list(scan: Scan<Connection, TableColumns>): AsyncIterable<readonly Row<TableColumns>[]>
  /**
   * What takes the place of `list` where a key has one value, by column. They are keys with `valuesPerCall: 1`; the first
   * that has a value counts.
   */
  readonly get?: {
    readonly [Name in keyof TableColumns]?: Get<
      Connection,
      TableColumns,
      QualValues[TableColumns[Name]['type']]
    >
  }
  readonly hydrate?: Readonly<Record<string, Hydrate<Connection, TableColumns>>>
  readonly parts?: TableParts<Connection, TableColumns>
  /** The calls that it may make, for its page: what must be permitted. */
  readonly calls?: readonly TableCall[]
  /**
   * What is left of what its calls cost, as far as the API's answers have told it by now, for EXPLAIN. Makes no call and
   * does not fail; holds no secret. Undefined where nothing is known.
   */
  costLeft?(connection: Connection): string | undefined
  readonly examples: readonly Example[]
}

/**
 * Makes the function with which a plugin defines its tables, with the type of its connections fixed and
 * the types of rows and quals inferred from each table's columns.
 *
 * @example
 * const defineTable = tablesOf<AcmeConnection>()
 * export const acmeUser = defineTable({ name: 'acme_user', columns: { id: text('…') }, … })
 */
export function tablesOf<Connection>() {
  return <
    const TableColumns extends Columns,
    Listed extends Row<TableColumns> = Row<TableColumns>,
    Hydrated extends Readonly<Record<string, Row<TableColumns>>> = Readonly<
      Record<string, Row<TableColumns>>
    >,
  >(
    table: Table<Connection, TableColumns> & ExactRows<Connection, TableColumns, Listed, Hydrated>,
  ): Table<Connection, TableColumns> => table
}

/** A table whose functions give no other columns than its own: TypeScript by itself lets an object have more. */
export interface ExactRows<Connection, TableColumns extends Columns, Listed, Hydrated> {
  list(scan: Scan<Connection, TableColumns>): AsyncIterable<readonly Exactly<Listed, TableColumns>[]>
  readonly hydrate?: {
    readonly [Name in keyof Hydrated]: Hydrate<Connection, TableColumns> & {
      fetch(
        row: Row<TableColumns>,
        scan: Scan<Connection, TableColumns>,
      ): Promise<Exactly<Hydrated[Name], TableColumns>>
    }
  }
}

export type Exactly<Given, TableColumns> = Given & {
  readonly [Name in Exclude<keyof Given & string, keyof TableColumns>]: 'the table has no such column'
}
