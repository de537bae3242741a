/** The connections of the configuration, opened for a command that asks without an engine. */
import { CallLimiters } from '@millrace/sql-engine/fetch/call-limiters'
import { systemClock } from '@millrace/sql-engine/fetch/clock'
import { type OpenConnections, openConnections } from '@millrace/sql-engine/fetch/open-connections'
import { readLogLevel, readSettings } from '../config/settings.js'
import { createLog, logProcessWarnings } from '../log.js'
import { containPluginFailures } from '../plugins/plugin-failures.js'
import { loadConnections } from './configured.js'

/** The configuration's, in its order, by name. */
export interface Opened {
  readonly names: readonly string[]
  readonly open: OpenConnections
}

/** Opens them for some work. @throws UserError where the configuration cannot be read */
export async function withConnections<Result>(
  signal: AbortSignal,
  work: (opened: Opened) => Promise<Result>,
): Promise<Result> {
  const log = createLog(readLogLevel(process.env))
  logProcessWarnings(log)
  containPluginFailures(log)
  const { configured } = await loadConnections(await readSettings(process.env), process.env)
  const open = await openConnections(configured, {
    environment: process.env,
    // What is wrong with one is shown beside it.
    log: createLog('silent'),
    limiters: new CallLimiters(systemClock),
    onSchemaChange: () => {},
    signal,
  })
  try {
    return await work({ names: configured.map(({ name }) => name), open })
  } finally {
    await Promise.allSettled(open.connections.map(({ connection }) => connection.close()))
  }
}
