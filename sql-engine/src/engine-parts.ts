/** How an engine begins: PostgreSQL is prepared, the catalog shows the connections, caches are empty. */
import type { Client } from 'pg'
import { KeyCache } from './cache/keys/key-cache.js'
import { ScanCache } from './cache/scans/scan-cache.js'
import { SharedCache } from './cache/shared/shared-cache.js'
import { leaveOutOfDumps } from './catalog/left-out-of-dumps.js'
import { readFunctionNames } from './catalog/table-functions.js'
import { readViewNames } from './catalog/view-definitions.js'
import { DecodeThreads, usualThreads } from './decode/decode-threads.js'
import type { CacheOptions, EngineOptions } from './engine-options.js'
import { withEngineClient } from './postgres/engine-connections.js'
import { oneGatewayAtATime } from './postgres/guest/gateway-locks.js'
import { SharedLimits } from './postgres/guest/shared-limits.js'
import { loadMockSecret } from './postgres/mock-secret.js'
import type { Postgres, PostgresTraits } from './postgres/postgres.js'
import { defaultQuotas } from './quota/quotas.js'
import { ensureCacheClear } from './report/cache-clear-function.js'
import { noFacts } from './report/configuration-facts.js'
import { ensureSteampipeFunctions } from './report/steampipe-functions.js'
import { ensureVersion } from './report/version-function.js'
import { type Connected, ConnectedCatalog } from './run/connected-catalog.js'
import { keySourcesOf } from './run/context-of-connections.js'
import type { SharedParts } from './run/engine-context.js'
import { LoopbackScans } from './run/loopback-scans.js'
import { showDefaults, shownDefaults } from './settings/setting-defaults.js'
import { citusPlacement } from './stage/citus-placement.js'
import { ScanTables } from './stage/scan-tables.js'
import { localPlacement } from './stage/table-placement.js'

/** The size of the cache for sessions that cache rows although the server does not by default. */
const defaultCacheBytes = 256 * 1024 * 1024

/** The key cache's share of the bytes, where there are tables whose lookups are cached key by key. */
const keyShare = 1 / 4

/** What an engine consists of. */
export interface EngineParts {
  readonly shared: SharedParts
  readonly connections: ConnectedCatalog
  /** The names of views and functions over virtual tables. */
  readonly readerNames: readonly string[]
  /** See {@link loadMockSecret}. */
  readonly mockSecret: Buffer
  readonly sharedLimits: SharedLimits | undefined
}

/** Brings the catalog up to date. @throws DatabaseError when a connection's name or its tables cannot be shown */
export async function startParts(options: EngineOptions): Promise<EngineParts> {
  const { postgres, environment, log, cache, now, searchPath, users, optimisations = 'all' } = options
  const { engineConfig, names, standing, peers } = postgres
  const quotas = { ...defaultQuotas, ...options.quotas }
  const sharedLimits =
    peers === undefined || options.sharesLimits !== true
      ? undefined
      : new SharedLimits({ engineConfig, names, peers, log })
  // It hears from the others before they wait for its answers.
  const gateways = peers && new SharedCache({ engineConfig, names, peers, log })
  const connections = await ConnectedCatalog.start(options.connections, {
    engineConfig,
    traits: postgres,
    environment,
    log,
    searchPath,
    users,
    peers,
    sharedLimits,
  })
  const found = await asOnlyGateway(postgres, async (client) => {
    await ensureCacheClear(client, names)
    await ensureVersion(client)
    await ensureSteampipeFunctions(client)
    const defaults = shownDefaults({ cacheTtl: cache?.ttl ?? 0, quotas })
    if (standing.kind === 'owner') {
      // With tables that have been made, that is done already.
      await leaveOutOfDumps(client, 'no tables')
      await showDefaults(client, defaults)
    } else for (const [name, value] of defaults) standing.sessionSettings.set(name, value)
    return {
      readerNames: await readReaderNames(client, postgres),
      mockSecret: await loadMockSecret(client, names),
      placement:
        options.citusDistributeRows === undefined
          ? localPlacement
          : await citusPlacement(client, options.citusDistributeRows),
    }
  })
  const { sources, bytes } = cachePlan(connections.current, cache)
  await gateways?.readEpoch()
  const cacheClock = cache?.now === undefined ? {} : { now: cache.now }
  const shared: SharedParts = {
    names,
    log,
    sharesScans: optimisations === 'all',
    loopbackScans: new LoopbackScans(gateways?.loopback),
    scanTables: new ScanTables({
      engineConfig,
      names,
      log,
      gateway: () => peers?.number,
      placement: found.placement,
    }),
    decodeThreads: new DecodeThreads({ most: options.decodeThreads ?? usualThreads(), log }),
    cache: new ScanCache({ maxBytes: bytes.scans, shared: gateways?.scans, ...cacheClock }),
    keyCache: new KeyCache({
      engineConfig,
      names,
      log,
      maxBytes: bytes.keys,
      sources,
      shared: gateways && peers && { cache: gateways, peers },
      ...cacheClock,
    }),
    shared: gateways,
    cacheTtl: cache?.ttl ?? 0,
    facts: options.facts ?? (() => noFacts),
    startedAt: new Date(),
    quotas,
    now: now ?? (() => performance.now()),
    observer: options.engineObserver,
  }
  const { readerNames, mockSecret } = found
  return { shared, connections, readerNames, mockSecret, sharedLimits }
}

/** Changes what gateways over one database share. */
export function asOnlyGateway<Result>(
  { engineConfig, peers }: Postgres,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  return withEngineClient(engineConfig, (client) =>
    peers === undefined ? work(client) : oneGatewayAtATime(client, () => work(client)),
  )
}

/** Whose rows the key cache holds, and how the bytes are divided between it and the scan cache. */
export function cachePlan({ open, tables }: Connected, cache: CacheOptions | undefined) {
  const sources = keySourcesOf(open, tables)
  const maxBytes = cache?.maxBytes ?? defaultCacheBytes
  const keys = sources.length > 0 ? maxBytes * keyShare : 0
  return { sources, bytes: { scans: maxBytes - keys, keys } }
}

/** The names of views and functions over virtual tables. */
export async function readReaderNames(client: Client, traits: PostgresTraits): Promise<readonly string[]> {
  return [...(await readViewNames(client, traits)), ...(await readFunctionNames(client, traits))]
}
