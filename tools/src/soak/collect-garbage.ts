/**
 * Loaded into the server that is soaked, with `--expose-gc`: on SIGUSR2, it collects all garbage, and writes how much
 * memory is left to the file that SOAK_MEMORY_FILE names.
 */
import { renameSync, writeFileSync } from 'node:fs'

const { SOAK_MEMORY_FILE: file } = process.env

process.on('SIGUSR2', () => {
  if (file === undefined) return
  // What finalizers let go is garbage only then.
  for (let round = 0; round < 3; round++) globalThis.gc?.()
  writeFileSync(`${file}.draft`, JSON.stringify(process.memoryUsage()))
  renameSync(`${file}.draft`, file)
})
