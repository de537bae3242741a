import { chmod, lstat, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder in the temporary one that only we write to, kept between runs. */
export async function cacheFolder(): Promise<string> {
  const uid = process.getuid?.() ?? 0
  const folder = join(tmpdir(), `millrace-test-cache-${uid}`)
  await mkdir(folder, { recursive: true, mode: 0o711 })
  const { uid: owner } = await lstat(folder)
  if (owner !== uid) throw new Error(`${folder} belongs to somebody else`)
  await chmod(folder, 0o711)
  return folder
}
