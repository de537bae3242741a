/** `millrace connection test`: a cheap call for each connection, and what came of it, in words. */
import { type Checked, checkConnection } from '@millrace/sql-engine/fetch/check-connection'
import { closest } from 'fastest-levenshtein'
import { listenForInterruption } from '../interruption.js'
import { readable } from '../output/column.js'
import { type ExitCode, UserError } from '../user-error.js'
import { type Opened, withConnections } from './open.js'

/**
 * @param names none for all
 * @returns 0 where all work that could be asked
 * @throws UserError for a name that the configuration does not have
 */
export async function testConnections(names: readonly string[]): Promise<0 | ExitCode> {
  const { signal, release } = listenForInterruption()
  try {
    return await withConnections(signal, async (opened) => {
      const unknown = names.find((name) => !opened.names.includes(name))
      if (unknown !== undefined) throw noConnection(unknown, opened.names)
      const reports = (names.length > 0 ? names : opened.names).map((name) => reportOn(name, opened, signal))
      let works = true
      // Side by side, and told of in order.
      for (const each of reports) each.catch(() => {})
      for (const each of reports) {
        const { text, isFailure } = await each
        process.stdout.write(text)
        works &&= !isFailure
      }
      return works ? 0 : 1
    })
  } catch (error) {
    if (signal.aborted) return 130
    throw error
  } finally {
    release()
  }
}

function noConnection(name: string, known: readonly string[]): UserError {
  if (known.length === 0) return new UserError('no connection is configured', 2)
  return new UserError(`there is no connection "${name}"; did you mean "${closest(name, [...known])}"?`, 2)
}

export interface ConnectionReport {
  /** Lines, the first of which begins with the connection's name. */
  readonly text: string
  readonly isFailure: boolean
}

/** What one cheap call tells of a connection. @throws the signal's reason once it is aborted */
export async function reportOn(
  name: string,
  { open }: Opened,
  signal: AbortSignal,
): Promise<ConnectionReport> {
  const aggregator = open.aggregators.find((one) => one.name === name)?.aggregator
  if (aggregator !== undefined) {
    const members = aggregator.members.map((member) => member.name).join(', ')
    return { text: `${name}: an aggregator of ${members}\n`, isFailure: false }
  }
  const failed = open.failed.find((one) => one.name === name)?.tables
  const connection = open.connections.find((one) => one.name === name)
  const tables = failed ?? connection?.tables
  if (connection === undefined || tables?.kind !== 'found') {
    const error = tables?.kind === 'failed' ? tables.error : undefined
    const { message = 'it cannot be opened', detail, hint } = error ?? {}
    return { text: failure(name, message, detail, hint), isFailure: true }
  }
  const checked = await checkConnection(connection.connection, signal)
  return {
    text: textOf(name, connection.plugin.name, checked, tables.tables?.length ?? 0),
    isFailure: checked.kind === 'fails',
  }
}

function textOf(name: string, plugin: string, checked: Checked, tables: number): string {
  switch (checked.kind) {
    case 'fails':
      return failure(name, checked.message, checked.detail, checked.hint)
    case 'unknown':
      return `${name}: its settings are right; the plugin ${plugin} has no check of its own\n${lines({ tables: String(tables) })}`
    case 'works': {
      const { facts, missing = [] } = checked.result
      const more = missing.map((each) => `  missing: ${readable(each)}\n`)
      return `${name}: works\n${lines({ ...facts, tables: String(tables) })}${more.join('')}`
    }
  }
}

function failure(
  name: string,
  message: string,
  detail: string | undefined,
  hint: string | undefined,
): string {
  return [
    `${name}: does not work: ${readable(message)}\n`,
    detail === undefined ? '' : `  ${readable(detail)}\n`,
    hint === undefined ? '' : `  hint: ${readable(hint)}\n`,
  ].join('')
}

function lines(facts: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(facts).map((name) => name.length))
  return Object.entries(facts)
    .map(([name, value]) => `  ${name.padEnd(width)}  ${readable(value)}\n`)
    .join('')
}
