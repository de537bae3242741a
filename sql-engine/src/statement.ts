/** What passes between a client's session (the server package) and the engine for one statement. */
import type { Statement } from './parse/statement.js'
import type { Quotas } from './quota/quotas.js'
import type { ScanHistory } from './report/scan-history.js'

/** Parameters as the client's Bind message gave them; passed on byte for byte. */
export interface BoundParameters {
  /** Type OIDs as PostgreSQL resolved them (ParameterDescription), one per parameter. */
  readonly types: readonly number[]
  /** The format of each value: 0 is text, 1 is binary. */
  readonly formats: readonly (0 | 1)[]
  /** The values; undefined stands for NULL. */
  readonly values: readonly (Uint8Array | undefined)[]
}

export interface SessionResult {
  /** Rows of text values; null is NULL. */
  readonly rows: readonly (readonly (string | null)[])[]
}

/** The engine's way to ask something in the client's own session: in its transaction, under its search path. */
export interface Session {
  /** The number of its server process, as pg_backend_pid() returns it. */
  readonly processId: number
  /** What its statements have asked; undefined for PostgreSQL itself, and where it is not wanted. */
  readonly history?: ScanHistory | undefined
  /** The number of the server process that asks, if PostgreSQL itself reads a virtual table over the loopback. */
  readonly loopbackFor: number | undefined
  /** The most that its statements may ask for, whatever the session sets. */
  readonly ceilings?: Partial<Quotas>
  /** Whether ANALYZE reads it that way, which gets no rows. */
  readonly analyses?: boolean
  /**
   * Runs one statement in the client's session and collects its rows as text. It uses the extended protocol without a
   * Sync of its own, so that it neither ends the client's implicit transaction nor destroys its unnamed statement or
   * portal.
   * @throws DatabaseError as PostgreSQL reports it; the client's transaction is then aborted
   */
  query(text: string, parameters?: BoundParameters): Promise<SessionResult>
}

export interface StageOptions {
  readonly parameters?: BoundParameters
  /** Aborted when the client cancels or goes away; API calls end at once and the promise rejects. */
  readonly signal: AbortSignal
  /** Sends a notice to the client while it waits (a NoticeResponse). */
  readonly notice: (message: string) => void
}

/** A statement that PostgreSQL can answer: what it needed from APIs has been fetched and staged. */
export interface StagedStatement {
  /** The text to send instead of the client's; the same text when it names no virtual table after all. */
  readonly text: string
  /**
   * Maps a character position in `text` to one in the client's statement, both 1-based. Undefined when it has no
   * counterpart there.
   */
  originalPosition(position: number): number | undefined
  /** OIDs of scan tables that may stand in RowDescription, with those of the virtual tables they stand for. */
  readonly relations: ReadonlyMap<number, number>
  /** Replaces names of scan tables in an error or notice by the virtual tables' names. */
  originalNames(message: string): string
  /** What CommandComplete reports to the client, where `text` does something else. */
  readonly commandTag?: string
  /**
   * Must be called, if it is there, when PostgreSQL has run the statement, before it does anything else for the
   * session: what was staged for the statement must not reach others.
   */
  readonly finished: (() => void) | undefined
  /**
   * The same statement with other parameters, where that takes no further question; undefined where it does. Only to
   * be used as long as only such statements have run in the session meanwhile: others may change settings, and what
   * names stand for. Undefined for statements that are not of that kind.
   */
  readonly again: ((parameters: BoundParameters) => StagedStatement | undefined) | undefined
  /** Releases the scan tables. Called once the client's transaction has ended. */
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

/** Plans and stages statements. There is one for all sessions. */
export interface StatementEngine {
  /**
   * Resolves when the text can be analysed. Undefined where that is so already: only the first texts of all may have to
   * wait, for the parser to be loaded.
   */
  analysable(text: () => string): Promise<void> | undefined
  /**
   * Searches a text for virtual tables. Cheap where there are none, and cached by text.
   * @returns undefined when the text names none, or does not parse: it is relayed as it stands, and PostgreSQL says
   *   what is wrong with it
   */
  analyse(text: string): readonly Statement[] | undefined
  /**
   * Plans a statement, fetches what it needs and stages it.
   * @throws DatabaseError
   */
  stage(statement: Statement, session: Session, options: StageOptions): Promise<StagedStatement>
  /** Ends the process that serves a session, whatever it is doing. @throws Error of PostgreSQL */
  endProcess(processId: number): Promise<void>
  /** Must be called when a session's transaction has ended: what it has made is visible to all from then on. */
  transactionEnded(): void
}
