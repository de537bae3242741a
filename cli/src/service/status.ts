/** `millrace service status`: the service of the home, or all of this machine. */
import { basename, dirname } from 'node:path'
import { defaultHome } from '@millrace/sql-engine/postgres/home'
import { runningProcesses } from '@millrace/sql-engine/postgres/process-life'
import { connectionUrl } from '../address.js'
import type { ExitCode } from '../user-error.js'
import { type AnsweringService, answeringService } from './answering.js'
import { logFileOf } from './log-file.js'

export interface StatusOptions {
  readonly all: boolean
  readonly showPassword: boolean
}

/** @returns 0 where a service runs and answers, 3 where none does */
export async function serviceStatus({ all, showPassword }: StatusOptions): Promise<0 | ExitCode> {
  const homes = all ? await usedHomes() : [defaultHome(process.env)]
  const found = await Promise.all(homes.map(async (home) => [home, await answeringService(home)] as const))
  const running = found.flatMap(([home, service]) =>
    service?.record.purpose === 'service' ? [{ home, service }] : [],
  )
  for (const { home, service } of running) process.stdout.write(description(home, service, showPassword))
  if (running.length > 0) return 0
  process.stdout.write(
    all ? 'no service runs on this machine\n' : none(found[0]?.[1], defaultHome(process.env)),
  )
  return 3
}

function none(service: AnsweringService | undefined, home: string): string {
  const query = service === undefined ? '' : `, but millrace query (process ${service.record.pid})`
  return `no service runs on ${home}${query}\n`
}

function description(home: string, service: AnsweringService, showPassword: boolean): string {
  const { record, password, clients, connections } = service
  const { user, host, port, database, pid, started, listensOn = host } = record
  const shownHost = host.includes(':') ? `[${host}]` : host
  const url = showPassword
    ? connectionUrl({ ...record, password })
    : `postgres://${user}@${shownHost}:${port}/${database}`
  const failed =
    connections.failed === 0 ? '' : `, ${connections.failed} with an error (.connections shows it)`
  return [
    `a service runs on ${home}: ${url} (process ${pid})`,
    `  listens on   ${listensOn}${isLocal(listensOn) ? ' (this machine only)' : ''}`,
    `  since        ${started ?? 'unknown'}`,
    `  clients      ${clients}`,
    `  connections  ${connections.ready} ready${failed}`,
    `  log          ${logFileOf(home)}, if started in the background`,
    '',
  ].join('\n')
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/** The homes that a PostgreSQL runs on: its command line names the folder `data` of its home. */
async function usedHomes(): Promise<string[]> {
  const folders = (await runningProcesses()).flatMap(({ command }) => dataFolderOf(command))
  return [
    ...new Set(folders.filter((folder) => basename(folder) === 'data').map((folder) => dirname(folder))),
  ]
}

function dataFolderOf(command: readonly string[]): string[] {
  const [program = '', option, folder] = command
  if (/\/postgres$/.test(program)) return option === '-D' && folder !== undefined ? [folder] : []
  // ps(1) gives the whole command as one text.
  return /\/postgres -D (\/.*?\/data) -c /.exec(program)?.slice(1, 2) ?? []
}
