/** Where a PostgreSQL that answers thousands of small statements keeps its files. */
import { access, constants, statfs } from 'node:fs/promises'
import { freemem, tmpdir } from 'node:os'

/** What it takes at most, with room to spare. In bytes. */
const needed = 2 * 1024 ** 3

const inMemory = '/dev/shm'

/**
 * A folder in memory, where there is one with room; else that of temporary files. Each statement makes and removes some
 * dozen files: on ext4, that takes PostgreSQL as long as everything else that it does.
 */
export async function memoryFolder(): Promise<string> {
  try {
    await access(inMemory, constants.W_OK)
    const { bavail, bsize } = await statfs(inMemory)
    if (bavail * bsize >= needed && freemem() >= needed) return inMemory
  } catch {
    // There is none, as on macOS.
  }
  return tmpdir()
}
