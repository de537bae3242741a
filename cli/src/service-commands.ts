/** `millrace service status` and `millrace service stop`: of the service of the home, whoever has started it. */
import { setTimeout as delay } from 'node:timers/promises'
import { defaultHome } from '@millrace/sql-engine/postgres/home'
import { isAlive } from '@millrace/sql-engine/postgres/process-life'
import { openSession } from './query/session.js'
import { runningService } from './query/target.js'
import { findService, type ServiceRecord } from './service-record.js'
import { type ExitCode, UserError } from './user-error.js'

/** @returns 0 where a service runs and answers, 3 where none does */
export async function serviceStatus(): Promise<0 | ExitCode> {
  const home = defaultHome(process.env)
  const record = await answeringService(home)
  process.stdout.write(
    record === undefined
      ? `no service runs on ${home}\n`
      : `a service runs on ${home}: ${urlOf(record)} (process ${record.pid})\n`,
  )
  return record === undefined ? 3 : 0
}

/** Milliseconds between looks at whether it has ended, and how many looks there are. */
const pause = 50
const looks = 1200

/**
 * Resolves when the service has ended.
 * @throws UserError when it does not
 */
export async function stopService(): Promise<0 | ExitCode> {
  const home = defaultHome(process.env)
  // One that takes the home's password is the home's, and not another process that has got its number.
  const record = await answeringService(home)
  if (record === undefined) {
    process.stdout.write(`no service runs on ${home}\n`)
    return 0
  }
  process.kill(record.pid, 'SIGTERM')
  for (let look = 0; isAlive(record.pid); look++) {
    if (look === looks) throw new UserError(`the service (process ${record.pid}) has not ended yet`, 1)
    await delay(pause)
  }
  process.stdout.write(`the service on ${home} has ended\n`)
  return 0
}

async function answeringService(home: string): Promise<ServiceRecord | undefined> {
  const [record, config] = await Promise.all([findService(home), runningService(home)])
  if (record === undefined || config === undefined) return undefined
  const session = await openSession(config, () => {})
  await session.end()
  return record
}

function urlOf({ user, host, port, database }: ServiceRecord): string {
  return `postgres://${user}@${host.includes(':') ? `[${host}]` : host}:${port}/${database}`
}
