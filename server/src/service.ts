/** All of a server: PostgreSQL, engine and gateway, started in order and stopped together. */
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { Engine } from '@millrace/sql-engine/engine'
import type { EngineOptions, EngineUser } from '@millrace/sql-engine/engine-options'
import { clientRole, readerRole } from '@millrace/sql-engine/postgres/names'
import type { Postgres } from '@millrace/sql-engine/postgres/postgres'
import type { Certificate } from './certificate.js'
import { type Gateway, type GatewayOptions, type Grace, startGateway } from './gateway.js'
import { tellOfLimits } from './guest-limits.js'
import { letHeapsGrow } from './heap-growth.js'
import { PeerCancels } from './peer-cancels.js'
import { reachableHost } from './reachable-host.js'
import type { StartedParts } from './started-parts.js'
import {
  type Account,
  Accounts,
  type CertificateName,
  noCeilings,
  type UserCeilings,
} from './startup/accounts.js'
import { makeVerifier, type ScramVerifier } from './startup/scram-verifier.js'

type OwnEngineOptions = Omit<EngineOptions, 'postgres' | 'connections' | 'users'>
type OwnGatewayOptions = Omit<GatewayOptions, 'engine' | 'backend' | 'accounts' | 'log' | 'tls' | 'peers'>

/** A user of the configuration. */
export interface ServiceUser extends EngineUser {
  /** What its password is checked by; undefined where it needs none. */
  readonly verifier?: ScramVerifier | undefined
  /** The certificate that it needs; undefined for none. */
  readonly certificate?: CertificateName | undefined
  readonly ceilings?: UserCeilings
}

/** What may be looked up while PostgreSQL starts. */
export interface Configured {
  readonly connections: EngineOptions['connections']
  /** The password of the role that all clients use. */
  readonly password: string
  /** The certificate; without it, connections are not encrypted. */
  readonly tls?: Certificate | undefined
  /** Default is none. */
  readonly users?: readonly ServiceUser[] | undefined
}

export interface ServiceOptions<Server extends Postgres> extends OwnEngineOptions, OwnGatewayOptions {
  /** @param onCrash called when PostgreSQL has ended by itself */
  readonly startPostgres: (onCrash: () => void) => Promise<Server>
  /** The host by which PostgreSQL reaches the gateway. Default is the gateway's own address. */
  readonly loopbackHost?: string | undefined
  /** Whether what does not work in a PostgreSQL of the user's is logged after the start. Default is yes. */
  readonly tellsOfLimits?: boolean
  /** @param postgres resolves when it has started */
  readonly configure: (postgres: Promise<Server>) => Promise<Configured>
  /** The grace of statements that run when the service stops. Default is none. */
  readonly grace?: () => Grace
}

export interface Address {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

export interface Service<Server extends Postgres> {
  readonly postgres: Server
  readonly engine: Engine
  readonly gateway: Gateway
  /** Where clients on this machine connect. */
  readonly address: Address
  /**
   * Sets the password of the owner, for later clients, and the users. Sessions of those that are no longer among them end.
   * @throws Error of PostgreSQL
   */
  setUsers(password: string, users: readonly ServiceUser[]): Promise<void>
}

/**
 * @param parts what has been started is among them, even where a later part fails
 * @throws DatabaseError, or NodeJS.ErrnoException where the address cannot be listened on
 */
export async function startService<Server extends Postgres>(
  options: ServiceOptions<Server>,
  parts: StartedParts,
): Promise<Service<Server>> {
  const { startPostgres, configure, log } = options
  letHeapsGrow()
  let engine: Engine | undefined
  let gateway: Gateway | undefined
  // Clients that come while all the rest stops hear why they are not let in.
  parts.add(undefined, () => gateway?.stop())
  const starting = startPostgres(() => {
    engine?.forgetRows()
    gateway?.closeAll(postgresEnded())
  })
  parts.add(starting, async () => (await starting.catch(() => undefined))?.stop())
  const [postgres, configured] = await Promise.all([starting, configure(starting)])
  const { connections, tls } = configured
  let { password } = configured
  const { users = [] } = configured
  const started = await Engine.start({ ...options, postgres, connections, users })
  const startedEngine = parts.add(started, () => started.stop())
  engine = startedEngine
  const listensAt = () => ({ host: reachableHost(options.host), port: gateway?.port ?? options.port })
  const { peers } = postgres
  const accounts = new Accounts(startedEngine.mockSecret, peers && startedEngine.mockSecret)
  const loginOf = (user: string) => ({ user, password: accounts.loopbackPassword(user) })
  const setAccounts = async (some: readonly ServiceUser[]) => {
    accounts.set([...(await ownAccounts(password)), ...some.map(accountOf)])
  }
  const setLoopback = (some: readonly ServiceUser[]) => {
    const logins = new Map(some.map(({ name }) => [name, loginOf(name)]))
    const { host, port } = listensAt()
    return startedEngine.setLoopback({
      host: options.loopbackHost ?? host,
      port,
      logins: logins.set(postgres.names.clientRole, loginOf(clientRole)),
    })
  }
  // It may have led to the gateway that has gone.
  const takeLoopback = () => {
    setLoopback(users).catch((error: unknown) =>
      log.error(
        { err: error },
        'PostgreSQL may not find this gateway: functions over virtual tables may fail',
      ),
    )
  }
  await setAccounts(users)
  const startedGateway = await startGateway({
    ...options,
    engine: startedEngine,
    backend: postgres,
    accounts,
    log,
    peers: peers && new PeerCancels(peers, startedEngine.mockSecret),
    ...(tls === undefined ? {} : { tls }),
  })
  gateway = parts.add(startedGateway, (started) => started.endSessions(options.grace?.()))
  const address = () => ({
    ...listensAt(),
    user: clientRole,
    password,
    database: postgres.names.database,
  })
  await setLoopback(users)
  if (peers !== undefined) parts.add(peers.onDeparture(takeLoopback), (forget) => forget())
  if (options.tellsOfLimits !== false) {
    parts.add(tellOfLimits(postgres, startedEngine, log), (telling) => telling)
  }
  return {
    postgres,
    engine: startedEngine,
    gateway: startedGateway,
    get address() {
      return address()
    },
    async setUsers(another, some) {
      password = another
      await startedEngine.setUsers(some)
      await setAccounts(some)
      await setLoopback(some)
      startedGateway.closeSessionsOfFormerUsers()
    },
  }
}

/** The error of clients whose sessions have ended with the server behind them. */
function postgresEnded(): DatabaseError {
  return new DatabaseError('terminating connection because the engine has ended unexpectedly', {
    sqlState: '57P01',
    hint: 'It is being started again: connect again, and repeat what was not committed.',
  })
}

/** The owner of the home, and its reader: they have the home's password. */
async function ownAccounts(password: string): Promise<readonly Account[]> {
  const verifier = await makeVerifier(password)
  return [clientRole, readerRole].map((name) => ({
    name,
    verifier,
    certificate: undefined,
    ceilings: noCeilings,
  }))
}

function accountOf({ name, verifier, certificate, ceilings = noCeilings }: ServiceUser): Account {
  return { name, verifier, certificate, ceilings }
}
