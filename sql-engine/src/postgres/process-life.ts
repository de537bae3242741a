import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

/** Whether a process exists, including one that may not be signalled from here. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * Distinguishes a process from a later one with the same number: the boot and the clock tick in which it was started,
 * proc(5). Empty where the system does not provide it.
 */
export async function processIdentity(pid: number): Promise<string> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'latin1'),
      readFile('/proc/sys/kernel/random/boot_id', 'latin1'),
    ])
    // The second field is the command in brackets and may hold anything; the start time is the 22nd.
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return `${boot.slice(0, 8)}.${startTime ?? ''}`
  } catch {
    return ''
  }
}

export interface RunningProcess {
  readonly pid: number
  /** The arguments; PostgreSQL's children show their title as one. */
  readonly command: readonly string[]
}

/** All visible processes, zombies excluded. */
export async function runningProcesses(): Promise<RunningProcess[]> {
  if (process.platform !== 'linux') return listedProcesses()
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.map(async (pid) => ({ pid, command: await commandOf(pid) })))
  return found.filter(({ command }) => command.length > 0)
}

/** A process's arguments on Linux; none when it is gone, a zombie, or hidden. */
export async function commandOf(pid: number): Promise<readonly string[]> {
  try {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    return line === '' ? [] : line.replace(/\0+$/, '').split('\0')
  } catch {
    return []
  }
}

/** Whether the system shows a process, whatever its state; on Linux only. */
export async function isVisible(pid: number): Promise<boolean> {
  return readFile(`/proc/${pid}/stat`, 'latin1').then(
    () => true,
    () => false,
  )
}

/** Asks ps(1), which does not distinguish a space in an argument from one between two. */
async function listedProcesses(): Promise<RunningProcess[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,command='], { maxBuffer: 2 ** 26 })
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+) (.*)$/.exec(line)
    return match?.[1] === undefined ? [] : [{ pid: Number(match[1]), command: [match[2] ?? ''] }]
  })
}

/**
 * Waits for the end of a process that is not a child of this one, which no event reports.
 * @returns whether it came in time
 */
export async function waitForEnd(pid: number, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds
  while (await isRunning(pid)) {
    if (performance.now() > deadline) return false
    await delay(10)
  }
  return true
}

async function isRunning(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false
  // In a container without an init process, an orphan that has ended stays as a zombie.
  if (process.platform !== 'linux') return true
  try {
    return !/\) [ZX] /.test(await readFile(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}
