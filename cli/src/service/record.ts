/** Where the service of a home listens, written down for commands that ask it; nothing in it is secret. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Address } from '@millrace/server/service'
import { isAlive } from '@millrace/sql-engine/postgres/process-life'
import { z } from 'zod'

const serviceFile = 'service.json'

const recordShape = z.object({
  pid: z.int().positive(),
  host: z.string(),
  port: z.int().min(1).max(65_535),
  user: z.string(),
  database: z.string(),
  /** What it has been started for: queries of its own process, or whoever comes. */
  purpose: z.enum(['query', 'service']).default('service'),
  /** ISO 8601. */
  started: z.string().optional(),
  /** The address that it listens on, where that is not the one to connect to. */
  listensOn: z.string().optional(),
  /** The port of its console, on 127.0.0.1; where it has one. */
  console: z.int().min(1).max(65_535).optional(),
  /** Whether it refuses clients that do not encrypt their connections. */
  requiresTls: z.boolean().optional(),
  /** Where the command line has told it to listen. */
  listening: z
    .object({ listen: z.enum(['local', 'network']).optional(), port: z.int().min(0).max(65_535).optional() })
    .default({}),
})

export type ServiceRecord = z.infer<typeof recordShape>

/** Writes the record; whoever started the service removes it when it stops. */
export async function recordService(
  home: string,
  address: Omit<Address, 'password'>,
  about: Pick<ServiceRecord, 'purpose' | 'started' | 'listensOn' | 'requiresTls' | 'listening' | 'console'>,
): Promise<void> {
  const { host, port, user, database } = address
  const { purpose, started = new Date().toISOString(), listensOn, requiresTls, listening, console } = about
  const record: ServiceRecord = {
    pid: process.pid,
    host,
    port,
    user,
    database,
    purpose,
    started,
    listensOn,
    requiresTls,
    listening,
    console,
  }
  const path = join(home, serviceFile)
  const draft = `${path}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(record)}\n`, { mode: 0o600 })
  // Whoever reads it meanwhile finds all of it or nothing.
  await rename(draft, path)
}

export async function removeServiceRecord(home: string): Promise<void> {
  await rm(join(home, serviceFile), { force: true })
}

/** The record of a home whose process lives. One that a killed process has left behind counts for nothing. */
export async function findService(home: string): Promise<ServiceRecord | undefined> {
  const text = await readFile(join(home, serviceFile), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const { data } = recordShape.safeParse(jsonOf(text))
  return data !== undefined && isAlive(data.pid) ? data : undefined
}

/** How commands of this machine reach it: they are on their own machine, and need not know its certificate. */
export function encryptionOf({
  requiresTls,
}: Pick<ServiceRecord, 'requiresTls'>): false | { readonly rejectUnauthorized: false } {
  return requiresTls === true ? { rejectUnauthorized: false } : false
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
