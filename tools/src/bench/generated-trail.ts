/** Folders with the log files of generated trails, until the process ends. */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GenerateTrailOptions } from '@millrace/sandbox/data/generated-trail'
import type { Fixture } from './benchmark.js'

export interface GeneratedTrail {
  readonly folder: string
  /** In the order of their times. */
  readonly keys: readonly string[]
}

const folders = new Set<string>()

export async function generateTrail(
  { sandbox }: Fixture,
  options: Omit<GenerateTrailOptions, 'accountId'> & { readonly accountId?: string },
): Promise<GeneratedTrail> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-trail-'))
  if (folders.size === 0) {
    process.once('exit', () => {
      for (const one of folders) rmSync(one, { recursive: true, force: true })
    })
  }
  folders.add(folder)
  const keys = await sandbox.generateTrail({ accountId: '810361751552', ...options }, folder)
  return { folder, keys }
}
