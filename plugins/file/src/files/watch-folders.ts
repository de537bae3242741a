/** Notices files that come and go, where patterns mean them. */
import { type FSWatcher, watch } from 'node:fs'

/** How long nothing must have happened, in milliseconds: files come in several steps, and often several together. */
const quietTime = 200

/**
 * Calls back some time after files have come or gone. A folder that cannot be watched is not: files in it are then noticed
 * when the tables are looked for anew.
 * @returns ends it
 */
export function watchFolders(folders: readonly string[], onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const watchers = folders.flatMap((folder): FSWatcher[] => {
    try {
      const watcher = watch(folder, { persistent: false }, (event) => {
        // Content is looked at by each scan itself.
        if (event !== 'rename') return
        clearTimeout(timer)
        timer = setTimeout(onChange, quietTime).unref()
      })
      return [watcher.on('error', () => watcher.close())]
    } catch {
      return []
    }
  })
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
