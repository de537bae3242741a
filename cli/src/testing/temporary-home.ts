import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Makes a home that PostgreSQL can reach, too, which has another account where root runs this. @param name as it begins */
export async function temporaryHome(name: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), `millrace-${name}-`))
  await chmod(home, 0o711)
  return home
}
