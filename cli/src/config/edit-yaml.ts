/** Changes a YAML file of the configuration, and leaves the rest of it as it is, comments included. */
import { readFile } from 'node:fs/promises'
import { makeHome } from '@millrace/sql-engine/postgres/home'
import { Document, parseDocument } from 'yaml'
import { UserError } from '../user-error.js'
import { writeWhole } from './write-whole.js'

/**
 * @param empty what a file that is not there, or says nothing, begins as
 * @throws UserError where the file cannot be read
 */
export async function editYaml(
  home: string,
  path: string,
  empty: unknown,
  edit: (document: Document) => void,
): Promise<void> {
  const document = await readYaml(path, empty)
  edit(document)
  await makeHome(home)
  await writeWhole(path, document.toString({ lineWidth: 0 }))
}

async function readYaml(path: string, empty: unknown): Promise<Document> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (Object(error).code === 'ENOENT') return undefined
    throw new UserError(`${path} cannot be read: ${Object(error).code}`, 1, error)
  })
  const fresh = new Document(empty)
  if (text === undefined) return fresh
  const document = parseDocument(text)
  // Its words may repeat a part of the text, and with it a secret.
  if (document.errors.length > 0) throw new UserError(`${path} is not YAML; nothing was written`, 1)
  if (document.contents !== null) return document
  fresh.commentBefore = document.commentBefore ?? document.comment
  return fresh
}
