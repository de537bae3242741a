/** Follows a document in a folder: node main.js docs/write-a-plugin.md FOLDER */
import { readFile } from 'node:fs/promises'
import { follow, stepsOf } from './walkthrough.js'

const [document, folder] = process.argv.slice(2)
if (document === undefined || folder === undefined) throw new Error('a document and a folder are needed')
const began = performance.now()
try {
  await follow(stepsOf(await readFile(document, 'utf8')), folder, process.env, ({ kind, line }) => {
    const seconds = Math.round((performance.now() - began) / 1000)
    process.stdout.write(`${document}:${line} ${kind} (${seconds} s)\n`)
  })
} catch (error) {
  process.stderr.write(`${document}: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
