/** `npm run docs`: makes docs/tables anew, and the table of settings in docs/configuration.md. */
import { fileURLToPath } from 'node:url'
import { makePages } from './pages.js'
import { writeSettings } from './settings-section.js'
import { tablesFolder, writePages } from './tables-folder.js'

const pages = makePages()
await writePages(pages)
await writeSettings()
process.stdout.write(`${pages.size} pages in ${fileURLToPath(tablesFolder)}\n`)
