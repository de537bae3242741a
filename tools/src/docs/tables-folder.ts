/** The folder that the pages lie in. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'

export const tablesFolder = new URL('../../../docs/tables/', import.meta.url)

/** @returns what lies there, by the files' names */
export async function readPages(): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(tablesFolder)
  const files = names.map(async (name): Promise<[string, string]> => {
    return [name, await readFile(new URL(name, tablesFolder), 'utf8')]
  })
  return new Map(await Promise.all(files))
}

/** Replaces everything that lies there. */
export async function writePages(pages: ReadonlyMap<string, string>): Promise<void> {
  await rm(tablesFolder, { recursive: true, force: true })
  await mkdir(tablesFolder, { recursive: true })
  for (const [name, text] of pages) await writeFile(new URL(name, tablesFolder), text)
}
