/**
 * A folder of its own for each process of a plugin: its socket, which only this user may reach, and a record by which
 * another Millrace ends the process if this one was killed. (A plugin survives its host.)
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const prefix = 'millrace-plugin-'
const recordName = 'process.json'

interface ProcessRecord {
  /** The Millrace that has started it. */
  readonly host: number
  readonly pid: number
  /** The plugin's file, by which a process is known not to be another one with its number. */
  readonly path: string
}

/** @returns the path of a new folder, which nobody else can read (mkdtemp makes it so) */
export function makeProcessFolder(parent = tmpdir()): Promise<string> {
  return mkdtemp(join(parent, prefix))
}

export async function recordProcess(folder: string, pid: number, path: string): Promise<void> {
  const record: ProcessRecord = { host: process.pid, pid, path }
  await writeFile(join(folder, recordName), JSON.stringify(record))
}

export async function removeProcessFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}

/** Ends the plugins of hosts that are gone, and removes their folders. */
export async function sweepOrphans(parent = tmpdir()): Promise<void> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(prefix))
  await Promise.all(names.map((name) => sweep(join(parent, name))))
}

async function sweep(folder: string): Promise<void> {
  try {
    // Another user's folders are another user's business; and whoever can write a record here can kill that user's.
    if ((await stat(folder)).uid !== process.getuid?.()) return
    const { host, pid, path } = JSON.parse(await readFile(join(folder, recordName), 'utf8')) as ProcessRecord
    if (isAlive(host)) return
    if (isAlive(pid) && (await commandOf(pid)).includes(path)) process.kill(pid, 'SIGKILL')
    await removeProcessFolder(folder)
  } catch {
    // Without a record, the process is about to start; what cannot be read is left alone.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return Object(error).code === 'EPERM'
  }
}

/** The command line of a process; empty where it cannot be told. */
async function commandOf(pid: number): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    // There is no /proc on macOS.
    const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)])
    return stdout
  }
}
