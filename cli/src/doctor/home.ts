/** The home: whether it can be used, who else can read it, and whether there is room. */
import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { configurationFile } from '../config/documents.js'
import { passwordFile } from '../password.js'
import type { Finding } from './finding.js'

export async function lookAtHome(home: string): Promise<Finding[]> {
  const subject = 'home'
  const folder = await firstThatExists(home)
  const found = await stat(folder)
  if (!found.isDirectory()) {
    const advice = 'move it away, or set MILLRACE_HOME to another folder'
    return [{ subject, state: 'problem', said: `${folder} is a file`, advice }]
  }
  const isWritable = await access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  if (!isWritable) {
    const advice = 'set MILLRACE_HOME to a folder of your own'
    return [{ subject, state: 'problem', said: `${folder} cannot be written to`, advice }]
  }
  const said = folder === home ? home : `${home}, which the first start makes`
  const isOpen = folder === home && (found.mode & 0o022) !== 0
  const state = isOpen ? 'warning' : 'ok'
  const advice = isOpen ? `others may write to it: chmod go-w ${home}` : undefined
  return [{ subject, state, said, advice }, ...(await openFiles(home))]
}

/** Files that others may read or write, and should not. */
async function openFiles(home: string): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const name of [configurationFile, passwordFile, 'certificate.json', 'history']) {
    const path = join(home, name)
    const mode = (await stat(path).catch(() => undefined))?.mode ?? 0
    const wrong = name === configurationFile ? mode & 0o022 : mode & 0o077
    if (wrong === 0) continue
    const said = `others may ${name === configurationFile ? 'write' : 'use'} ${path}`
    findings.push({ subject: 'home', state: 'warning', said, advice: `chmod 600 ${path}` })
  }
  return findings
}

/** Bytes: PostgreSQL cannot start without some room, and large results need more. */
const leastRoom = 200 * 1024 ** 2
const enoughRoom = 2 * 1024 ** 3

export async function lookAtDisk(home: string): Promise<Finding[]> {
  const { bavail, bsize } = await statfs(await firstThatExists(home))
  const room = bavail * bsize
  const said = `${(room / 1024 ** 3).toFixed(1)} GB are free where the home is`
  if (room >= enoughRoom) return [{ subject: 'disk', state: 'ok', said }]
  const advice = 'make room, or set MILLRACE_HOME to a folder on another disk'
  return [{ subject: 'disk', state: room < leastRoom ? 'problem' : 'warning', said, advice }]
}

async function firstThatExists(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    if (folder === dirname(folder) || (await stat(folder).catch(() => undefined)) !== undefined) return folder
  }
}
