import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** The command lines, with a given text in them, of all processes of this machine. */
export async function processesWith(text: string): Promise<string[]> {
  const commands = process.platform === 'linux' ? await commandsOfLinux() : await commandsByPs()
  return commands.filter((command) => command.includes(text))
}

async function commandsOfLinux(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  // A process may be gone by the time it is looked at.
  const commands = pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''))
  return (await Promise.all(commands)).map((command) => command.replaceAll('\0', ' '))
}

async function commandsByPs(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'command='])
  return stdout.split('\n')
}
