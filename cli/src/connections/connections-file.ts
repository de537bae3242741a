/** The file of the home that `millrace connection add` writes connections into. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeHome } from '@millrace/sql-engine/postgres/home'
import { Document, parseDocument } from 'yaml'
import { configurationFolder } from '../config/documents.js'
import { writeWhole } from '../config/write-whole.js'
import { UserError } from '../user-error.js'
import type { SettingValues } from './setting-values.js'

export interface NewConnection {
  readonly name: string
  readonly plugin: string
  readonly settings: SettingValues
}

export function connectionsFile(home: string): string {
  return join(home, configurationFolder, 'connections.yaml')
}

/**
 * Adds connections, and leaves the rest of the file as it is, comments included.
 * @throws UserError where the file cannot be read
 */
export async function addToFile(home: string, connections: readonly NewConnection[]): Promise<void> {
  const path = connectionsFile(home)
  const document = await readYaml(path)
  for (const { name, plugin, settings } of connections) {
    document.setIn(['connections', name], document.createNode({ plugin, ...settings }))
  }
  await makeHome(home)
  await writeWhole(path, document.toString({ lineWidth: 0 }))
}

async function readYaml(path: string): Promise<Document> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (Object(error).code === 'ENOENT') return undefined
    throw new UserError(`${path} cannot be read: ${Object(error).code}`, 1, error)
  })
  const empty = new Document({ connections: {} })
  if (text === undefined) return empty
  const document = parseDocument(text)
  // Its words may repeat a part of the text, and with it a secret.
  if (document.errors.length > 0) throw new UserError(`${path} is not YAML; nothing was written`, 1)
  if (document.contents !== null) return document
  empty.commentBefore = document.commentBefore ?? document.comment
  return empty
}
