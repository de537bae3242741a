import { readFile } from 'node:fs/promises'
import { z } from 'zod'

const manifest = z.object({ version: z.string() })

/**
 * Reads the version of Millrace. In the root of the sources, since the bundled package has its manifest in the folder
 * above its code, as this one has.
 */
export async function readPackageVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  return manifest.parse(JSON.parse(text)).version
}
