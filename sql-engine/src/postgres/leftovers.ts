import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { socketName } from './home-folders.js'
import {
  commandOf,
  isAlive,
  isVisible,
  type RunningProcess,
  runningProcesses,
  waitForEnd,
} from './process-life.js'
import { clusterName } from './server-settings.js'

/** How long a server that was left behind may take to shut down, in milliseconds, before harsher means are used. */
const patience = { fast: 10_000, immediate: 5_000 }

/**
 * Ends what an earlier run has left running on a data folder: a server whose gateway was killed, or the backends of a
 * server that was killed itself. Must be called under the home's lock.
 */
export async function endLeftovers(dataFolder: string, log: Logger): Promise<void> {
  const processes = await runningProcesses()
  const postmasters = processes.filter((process) => isPostmasterOf(process, dataFolder))
  for (const { pid } of postmasters) {
    log.info({ postmaster: pid }, 'stopping the PostgreSQL that an earlier Millrace has left running')
    // https://www.postgresql.org/docs/18/server-shutdown.html: SIGINT is fast shutdown, SIGQUIT immediate.
    if (await ended(pid, 'SIGINT', patience.fast)) continue
    if (await ended(pid, 'SIGQUIT', patience.immediate)) continue
    await ended(pid, 'SIGKILL', patience.immediate)
  }
  // Without their postmaster they end by themselves, but a busy one only after its query.
  const left = postmasters.length === 0 ? processes : await runningProcesses()
  const orphans = left.filter((process) => isChildOf(process, dataFolder))
  await Promise.all(orphans.map(({ pid }) => ended(pid, 'SIGKILL', patience.immediate)))
}

/**
 * Removes lock files whose process number now belongs to an unrelated process, which PostgreSQL would take for a
 * running server: in a container that is started again, numbers repeat. The same holds for a process that is ending, or
 * has ended and is not waited for. Where the process does not exist, PostgreSQL notices by itself.
 */
export async function removeStaleLockFiles(dataFolder: string, socketFolder: string): Promise<void> {
  for (const path of [join(dataFolder, 'postmaster.pid'), join(socketFolder, `${socketName}.lock`)]) {
    const pid = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10)
    if (!(pid > 0) || !isAlive(pid)) continue
    const command = await commandOf(pid)
    if (isPostmasterOf({ pid, command }, dataFolder)) continue
    if (command.length === 0) {
      if (!(await isVisible(pid))) continue
      // It has no memory left and does nothing any more, but PostgreSQL would still find its number.
      await waitForEnd(pid, patience.immediate)
    }
    await rm(path, { force: true })
  }
}

/** The socket folder of the server's last run, from the fifth line of postmaster.pid. */
export async function lastSocketFolder(dataFolder: string): Promise<string | undefined> {
  const lines = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '')
  return lines.split('\n')[4] || undefined
}

export async function postmastersOf(dataFolder: string): Promise<RunningProcess[]> {
  return (await runningProcesses()).filter((process) => isPostmasterOf(process, dataFolder))
}

function isChildOf({ command }: RunningProcess, dataFolder: string): boolean {
  return command[0]?.startsWith(`postgres: ${clusterName(dataFolder)}: `) === true
}

function isPostmasterOf({ command }: RunningProcess, dataFolder: string): boolean {
  const [program = '', option, folder] = command
  if (/\/postgres$/.test(program)) return option === '-D' && folder === dataFolder
  // ps(1) gives the whole command as one text.
  return program.includes(`/postgres -D ${dataFolder} `)
}

async function ended(pid: number, signal: NodeJS.Signals, milliseconds: number): Promise<boolean> {
  try {
    process.kill(pid, signal)
  } catch {
    return !isAlive(pid)
  }
  return waitForEnd(pid, milliseconds)
}
