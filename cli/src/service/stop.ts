/** `millrace service stop`: of the service of the home, whoever has started it. */
import { defaultHome } from '@millrace/sql-engine/postgres/home'
import { waitForEnd } from '@millrace/sql-engine/postgres/process-life'
import { type ExitCode, UserError } from '../user-error.js'
import { type AnsweringService, answeringService } from './answering.js'

/** How long it may take, in milliseconds, and after how long it is forced to. */
const patience = 60_000
const patienceBeforeForce = 5_000

/**
 * Resolves when the service has ended.
 * @param force ends it after a few seconds without waiting for what it does; PostgreSQL then stops by itself
 * @throws UserError when it does not end
 */
export async function stopService(force: boolean): Promise<0 | ExitCode> {
  const home = defaultHome(process.env)
  const running = await answeringService(home)
  if (running === undefined) process.stdout.write(`no service runs on ${home}\n`)
  else if (running.record.purpose === 'query') {
    process.stdout.write(
      `no service runs on ${home}; millrace query (process ${running.record.pid}) has an engine of its own there, and ends it\n`,
    )
  } else process.stdout.write(await stopAnswering(running, home, force))
  return 0
}

/** @returns what has happened, in words */
export async function stopAnswering(
  { record, clients }: AnsweringService,
  home: string,
  force: boolean,
): Promise<string> {
  const { pid } = record
  process.kill(pid, 'SIGTERM')
  // A second signal ends it at once.
  if (force && !(await waitForEnd(pid, patienceBeforeForce))) process.kill(pid, 'SIGTERM')
  if (!(await waitForEnd(pid, patience))) {
    throw new UserError(`the service (process ${pid}) has not ended yet`, 1)
  }
  const cut = clients === 0 ? '' : `; ${clients} ${clients === 1 ? 'client was' : 'clients were'} connected`
  return `the service on ${home} has ended${cut}\n`
}
