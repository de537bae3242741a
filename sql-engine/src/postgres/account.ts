import { readFile, stat } from 'node:fs/promises'
import { DatabaseError } from '../database-error.js'

/** An operating-system account. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** Names of accounts, tried in this order; the first that exists is taken. */
const preferredNames = ['millrace', 'postgres', '_postgres', 'nobody']

/**
 * The account that PostgreSQL runs under. PostgreSQL refuses to run as root, and initdb wants an account that passwd
 * knows. An existing data folder keeps its owner.
 * @returns undefined when PostgreSQL runs under this process's account, that is, always unless that is root
 */
export async function postgresAccount(dataFolder: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const accounts = parsePasswd(await readFile('/etc/passwd', 'utf8')).filter(({ uid }) => uid !== 0)
  const owner = await ownerOf(dataFolder)
  const kept = accounts.find(({ uid }) => uid === owner)
  if (kept !== undefined) return kept
  for (const name of preferredNames) {
    const account = accounts.find((candidate) => candidate.name === name)
    if (account !== undefined) return account
  }
  throw new DatabaseError('there is no account that PostgreSQL could run under', {
    sqlState: '58000',
    detail: `PostgreSQL does not run as root, and /etc/passwd has none of: ${preferredNames.join(', ')}.`,
    hint: 'Make one (useradd --system millrace), or start Millrace as an ordinary user.',
  })
}

/** The entries of passwd(5): name, password, uid, gid, and fields that do not matter here. */
export function parsePasswd(text: string): Account[] {
  const accounts: Account[] = []
  for (const line of text.split('\n')) {
    const [name, , uid, gid] = line.split(':')
    if (name && uid && gid && /^-?\d+$/.test(uid) && /^-?\d+$/.test(gid)) {
      accounts.push({ name, uid: Number(uid), gid: Number(gid) })
    }
  }
  return accounts
}

async function ownerOf(folder: string): Promise<number | undefined> {
  try {
    return (await stat(folder)).uid
  } catch {
    return undefined
  }
}
