/**
 * What passes between a client's session (the server package) and the engine for one statement.
 */
import type { Statement } from './parse/statement.js'
import type { ScanHistory } from './report/scan-history.js'

/** Parameters as the client's Bind message gave them; passed on byte for byte. */
export interface BoundParameters {
  /** Type OIDs as PostgreSQL resolved them (ParameterDescription), one per parameter. */
  readonly types: readonly number[]
  /** One per value: 0 is text, 1 is binary. */
  readonly formats: readonly (0 | 1)[]
  /** Undefined stands for NULL. */
  readonly values: readonly (Uint8Array | undefined)[]
}

export interface SessionResult {
  /** Rows of text values; null is NULL. */
  readonly rows: readonly (readonly (string | null)[])[]
}

/** The engine's way to ask something in the client's own session: its transaction, its search path. */
export interface Session {
  /** Of its server process, as pg_backend_pid() tells it. */
  readonly processId: number
  /** What its statements have asked; undefined for PostgreSQL itself, and where nobody wants to know. */
  readonly history?: ScanHistory | undefined
  /** Of the server process that asks, if it is PostgreSQL itself that reads a virtual table over the loopback. */
  readonly loopbackFor: number | undefined
  /** Whether it is ANALYZE that reads it so: it is given no rows. */
  readonly analyses?: boolean
  /**
   * Runs one statement in the client's session and collects its rows as text. By the extended protocol and
   * without a Sync of its own, so that it neither ends the client's implicit transaction nor destroys its
   * unnamed statement or portal.
   * @throws DatabaseError as PostgreSQL reports it; the client's transaction is then aborted
   */
  query(text: string, parameters?: BoundParameters): Promise<SessionResult>
}

export interface StageOptions {
  readonly parameters?: BoundParameters
  /** Aborted when the client cancels or goes away; API calls end at once and the promise rejects. */
  readonly signal: AbortSignal
  /** Tells the client something while it waits (a NoticeResponse). */
  readonly notice: (message: string) => void
}

/** A statement that PostgreSQL can answer: what it needed from APIs has been fetched and staged. */
export interface StagedStatement {
  /** To be sent instead of the client's text; the same text when no virtual table was named after all. */
  readonly text: string
  /**
   * Maps a character position in `text` to one in the client's statement, both 1-based.
   * Undefined when it has no counterpart there.
   */
  originalPosition(position: number): number | undefined
  /** OIDs of scan tables that may stand in RowDescription, with those of the virtual tables they stand for. */
  readonly relations: ReadonlyMap<number, number>
  /** Replaces names of scan tables in an error or notice by the virtual tables' names. */
  originalNames(message: string): string
  /** What the client is told that has been done (CommandComplete), where `text` does something else. */
  readonly commandTag?: string
  /**
   * To be called when PostgreSQL has done the statement, and before it does anything else for the session, if it is
   * there: what the statement is given must not reach others.
   */
  readonly finished: (() => void) | undefined
  /**
   * The same statement with other parameters, where that takes no question to anybody; undefined where it does.
   * To be asked only as long as nothing but such statements has run in the session meanwhile: what else runs may
   * change what names stand for, and settings. Undefined for statements that are not of that kind.
   */
  readonly again: ((parameters: BoundParameters) => StagedStatement | undefined) | undefined
  /** Lets the scan tables go. Called once the client's transaction has ended. */
  release(): void
}

/** A statement that is sent as it stands. */
export function unchangedStatement(text: string): StagedStatement {
  return {
    text,
    originalPosition: (position) => position,
    relations: new Map(),
    originalNames: (message) => message,
    finished: undefined,
    again: undefined,
    release: () => {},
  }
}

/** Plans and prepares statements. One for all sessions. */
export interface StatementEngine {
  /**
   * Looks through a text for virtual tables. Cheap where there are none, and cached by text.
   * @returns undefined when the text names none, or does not parse: it is relayed as it stands, and
   *   PostgreSQL says what is wrong with it
   */
  analyse(text: string): readonly Statement[] | undefined
  /**
   * Plans a statement, fetches what it needs and stages it.
   * @throws DatabaseError
   */
  stage(statement: Statement, session: Session, options: StageOptions): Promise<StagedStatement>
  /** To be told when a session's transaction has ended: what it has made can be seen by all. */
  transactionEnded(): void
}
