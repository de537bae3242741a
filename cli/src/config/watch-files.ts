/** Notices when the configuration's files change. */
import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { configurationFile, configurationFolder, isConfigurationFile } from './documents.js'

/** How long nothing must have happened, in milliseconds: editors write a file in several steps. */
const quietTime = 150

export interface FileWatch {
  close(): void
}

/**
 * Watches the folders, since editors replace files. A folder that comes later is watched from then on.
 * @param onChange called after each change, once it seems to be over
 */
export function watchFiles(home: string, log: Logger, onChange: () => void): FileWatch {
  const folder = join(home, configurationFolder)
  let timer: NodeJS.Timeout | undefined
  let ofFolder: FSWatcher | undefined
  let closed = false
  const changed = () => {
    clearTimeout(timer)
    timer = setTimeout(onChange, quietTime)
  }
  const failed = (error: unknown) =>
    log.warn({ err: error }, 'the configuration is not watched; SIGHUP has it read again')
  const watchFolder = () => {
    ofFolder?.close()
    ofFolder = undefined
    if (closed) return
    try {
      ofFolder = watch(folder, (_, name) => {
        if (name === null || isConfigurationFile(name)) changed()
      })
      ofFolder.on('error', () => ofFolder?.close())
    } catch (error) {
      if (Object(error).code !== 'ENOENT') failed(error)
    }
  }
  let ofHome: FSWatcher | undefined
  try {
    ofHome = watch(home, (_, name) => {
      if (name === configurationFolder) watchFolder()
      if (name === null || name === configurationFile || name === configurationFolder) changed()
    })
    ofHome.on('error', failed)
  } catch (error) {
    failed(error)
  }
  watchFolder()
  return {
    close: () => {
      closed = true
      clearTimeout(timer)
      ofHome?.close()
      ofFolder?.close()
    },
  }
}
