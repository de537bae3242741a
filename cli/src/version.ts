import { readFile } from 'node:fs/promises'
import { z } from 'zod'

/** Reads the version of this package from its manifest. */
export async function readVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
  return z.object({ version: z.string() }).parse(manifest).version
}
