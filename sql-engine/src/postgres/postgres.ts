import type { ClientConfig } from 'pg'
import type { Names } from './names.js'
import type { Peers } from './peers.js'
import type { ServerPlace } from './server-place.js'
import type { Standing } from './standing.js'

/** A PostgreSQL that the engine works with. */
export interface Postgres {
  /** The names of Millrace's objects in it. */
  readonly names: Names
  /** What the engine may do in it. */
  readonly standing: Standing
  /** The engine's own connection to the database. Its search path is `pg_catalog` alone. */
  readonly engineConfig: ClientConfig
  /** How clients' sessions get into it. */
  readonly sessions: SessionServer
  /** Other gateways over the database; undefined where there can be none. */
  readonly peers?: Peers
  /**
   * Resolves when the server accepts connections: at once, or after it has come back from a crash.
   * @throws DatabaseError 57P03 when it does not come back, or has been stopped
   */
  ready(): Promise<void>
  /** Ends the server, or leaves one that is the user's, and releases the home. May be called again. */
  stop(): Promise<void>
}

/** What the catalog in it depends on. */
export type PostgresTraits = Pick<Postgres, 'names' | 'standing'>

/** What a client's own connection to PostgreSQL begins with. */
export interface SessionServer {
  readonly place: ServerPlace
  /**
   * The role of one of the gateway's users.
   * @throws DatabaseError 28000 when PostgreSQL has no role for it
   */
  login(user: string): SessionLogin
  /** Settings that a session begins with, unless its client says otherwise. */
  readonly settings: ReadonlyMap<string, string>
  /**
   * Asked first in each session: whether it has got to the server that the engine knows, in the life that it knows.
   * After a crash or a failover, scan tables may be there and empty.
   */
  readonly identity?: SessionIdentity
  /** Whether a server process runs ANALYZE, where the loopback's own connection does not tell. */
  analyses?(processId: number): Promise<boolean>
}

export interface SessionLogin {
  readonly role: string
  /** Undefined where none is asked for. */
  readonly password: string | undefined
}

export interface SessionIdentity {
  readonly question: string
  /** @param answer the question's only value; undefined when there is none */
  isExpected(answer: string | undefined): boolean
}
