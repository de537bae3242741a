/** `npm run docs`: makes docs/tables anew. */
import { fileURLToPath } from 'node:url'
import { makePages } from './pages.js'
import { tablesFolder, writePages } from './tables-folder.js'

const pages = makePages()
await writePages(pages)
process.stdout.write(`${pages.size} pages in ${fileURLToPath(tablesFolder)}\n`)
