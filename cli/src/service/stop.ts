/** `millrace service stop`: of the service of the home, whoever has started it. */
import { defaultHome } from '@millrace/sql-engine/postgres/home'
import { waitForEnd } from '@millrace/sql-engine/postgres/process-life'
import { readSettings } from '../config/settings.js'
import { samePress } from '../interruption.js'
import { type ExitCode, UserError } from '../user-error.js'
import { type AnsweringService, answeringService } from './answering.js'

/** How long it may take beside the grace that statements have, in milliseconds. */
const patience = 60_000

/**
 * Resolves when the service has ended.
 * @param timeout seconds after which it no longer waits for what it does; PostgreSQL then stops by itself. Default is
 *   the service's own grace.
 * @throws UserError when it does not end
 */
export async function stopService(timeout: number | undefined): Promise<0 | ExitCode> {
  const home = defaultHome(process.env)
  const running = await answeringService(home)
  if (running === undefined) process.stdout.write(`no service runs on ${home}\n`)
  else if (running.record.purpose === 'query') {
    process.stdout.write(
      `no service runs on ${home}; millrace query (process ${running.record.pid}) has an engine of its own there, and ends it\n`,
    )
  } else process.stdout.write(await stopAnswering(running, home, timeout))
  return 0
}

/** @returns what has happened, in words */
export async function stopAnswering(
  { record, clients }: AnsweringService,
  home: string,
  timeout: number | undefined,
): Promise<string> {
  const { pid } = record
  process.kill(pid, 'SIGTERM')
  // Signals that follow one another closely count as one.
  const first = timeout === undefined ? await graceOf(home) : Math.max(timeout * 1000, 2 * samePress)
  const hasEnded = await waitForEnd(pid, first)
  // A second signal ends it at once.
  if (!hasEnded && timeout !== undefined) process.kill(pid, 'SIGTERM')
  if (!(await waitForEnd(pid, patience))) {
    throw new UserError(`the service (process ${pid}) has not ended yet`, 1)
  }
  const cut = clients === 0 ? '' : `; ${clients} ${clients === 1 ? 'client was' : 'clients were'} connected`
  return `the service on ${home} has ended${cut}\n`
}

/** The grace of statements that the service has, in milliseconds, as far as the settings tell here. */
async function graceOf(home: string): Promise<number> {
  const settings = await readSettings({ ...process.env, MILLRACE_HOME: home }).catch(() => undefined)
  return (settings?.values['shutdown.grace_seconds'] ?? 0) * 1000
}
