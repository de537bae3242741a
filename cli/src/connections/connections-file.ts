/** The file of the home that `millrace connection add` writes connections into. */
import { join } from 'node:path'
import { configurationFolder } from '../config/documents.js'
import { editYaml } from '../config/edit-yaml.js'
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
  await editYaml(home, connectionsFile(home), { connections: {} }, (document) => {
    for (const { name, plugin, settings } of connections) {
      document.setIn(['connections', name], document.createNode({ plugin, ...settings }))
    }
  })
}
