/** The machine: Node.js, PostgreSQL's programs, memory, open files. */
import { execFile } from 'node:child_process'
import { totalmem } from 'node:os'
import { promisify } from 'node:util'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { examineBinaries } from '@millrace/sql-engine/postgres/examine-binaries'
import type { Finding } from './finding.js'

/** The manifests' `engines`. */
const oldestNode = [20, 19] as const

/** AWS's SDK says so at every start with an older one. */
const nextNode = 22

export function lookAtNode(version = process.versions.node): Finding[] {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const said = `Node.js ${version}, ${process.platform} ${process.arch}`
  const [oldestMajor, oldestMinor] = oldestNode
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    return [
      {
        subject: 'machine',
        state: 'problem',
        said,
        advice: `install Node.js ${oldestNode.join('.')} or newer`,
      },
    ]
  }
  const advice = `Node.js ${nextNode} or newer will be needed for newer versions of the AWS SDK, from January 2027 on`
  return [{ subject: 'machine', state: 'ok', said, ...(major < nextNode ? { advice } : {}) }]
}

/** Bytes below which PostgreSQL and Millrace together are short of memory. */
const leastMemory = 512 * 1024 * 1024

export function lookAtMemory(bytes = totalmem()): Finding[] {
  const said = `${Math.round(bytes / 1024 ** 2)} MB of memory`
  if (bytes >= leastMemory) return [{ subject: 'memory', state: 'ok', said }]
  return [{ subject: 'memory', state: 'warning', said, advice: 'large results need 512 MB or more' }]
}

/** Fewer open files than this are soon used up by clients and calls. */
const leastFiles = 1024

export async function lookAtFiles(): Promise<Finding[]> {
  const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -n'])
  const limit = stdout.trim()
  const said = `${limit} files may be open at a time`
  if (limit === 'unlimited' || Number(limit) >= leastFiles) return [{ subject: 'files', state: 'ok', said }]
  return [
    { subject: 'files', state: 'warning', said, advice: `raise it before a start: ulimit -n ${leastFiles}` },
  ]
}

export async function lookAtPostgres(home: string): Promise<Finding[]> {
  const subject = 'PostgreSQL'
  try {
    const { version, account, refusal, otherData } = await examineBinaries(home)
    const under = account === undefined ? '' : `, run under the account "${account}"`
    const said = `PostgreSQL ${version}${under}`
    if (otherData !== undefined) {
      return [
        {
          subject,
          state: 'problem',
          said: `the home's data is of PostgreSQL ${otherData}; this is ${said}`,
          advice: 'dump the data with the earlier Millrace, or move the folder data away',
        },
      ]
    }
    if (refusal === undefined) return [{ subject, state: 'ok', said }]
    return [
      {
        subject,
        state: 'warning',
        said: `${said}, does not run where it is installed: ${refusal.split('\n').at(-1)}`,
        advice:
          'a start copies it to the home; that fails where the home is mounted noexec, or glibc is missing (Alpine)',
      },
    ]
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    const { message, detail, hint } = error
    return [{ subject, state: 'problem', said: [message, detail].filter(Boolean).join(': '), advice: hint }]
  }
}
