import { createHash } from 'node:crypto'
import { logLinePrefix } from './server-log.js'
import { limitSettings, noLimits, type StatementLimits } from './statement-limits.js'

export interface ServerSettingsOptions {
  /** Whether committed data survives a crash of the machine. Default is true. */
  readonly durable?: boolean | undefined
  /** Default is none. */
  readonly limits?: StatementLimits | undefined
}

/** The server's settings, given on the command line at each start, so that a new version's settings hold at once. */
export function serverSettings(
  socketFolder: string,
  dataFolder: string,
  { durable = true, limits = noLimits }: ServerSettingsOptions = {},
): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: quotedPath(socketFolder),
    unix_socket_permissions: '0700',
    port: '5432',
    cluster_name: clusterName(dataFolder),
    // The gateway admits 250 clients, and as many connections by which PostgreSQL asks it for them; the engine has
    // connections of its own.
    max_connections: '550',
    shared_buffers: '128MB',
    // Many scan tables are dropped in one transaction, which may take the locks of all connections together.
    max_locks_per_transaction: '140',
    // Compiling costs more than it gains on rows that have just been fetched.
    jit: 'off',
    // A lost backend resets unlogged tables, that is, empties scan tables that are being read. It is better that the
    // whole server ends, which the gateway notices, and is started again.
    restart_after_crash: 'off',
    // Nothing replicates from here; minimal WAL makes loading and creating tables cheaper.
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_logical_replication_workers: '0',
    max_wal_size: '512MB',
    io_method: 'sync',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_line_prefix: logLinePrefix,
    log_checkpoints: 'off',
    lc_messages: 'C',
    // Statements may hold secrets.
    log_min_error_statement: 'panic',
    ...limitSettings(limits),
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** A name in the titles of all the server's processes, by which they can be recognised. */
export function clusterName(dataFolder: string): string {
  return `millrace_${createHash('sha256').update(dataFolder).digest('hex').slice(0, 12)}`
}

/** An element of a list setting: quotes keep commas and spaces. */
function quotedPath(path: string): string {
  return `"${path.replaceAll('"', '""')}"`
}
