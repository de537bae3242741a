/** `npm run docs`: makes docs/tables anew, and the tables of settings in documents. */
import { fileURLToPath } from 'node:url'
import { makePages } from './pages.js'
import { writeTables } from './settings-section.js'
import { tablesFolder, writePages } from './tables-folder.js'

const pages = makePages()
await writePages(pages)
await writeTables()
process.stdout.write(`${pages.size} pages in ${fileURLToPath(tablesFolder)}\n`)
