/** `millrace user add`, `passwd` and `remove`: change the users of the configuration. */
import { join } from 'node:path'
import { defaultHome } from '@millrace/sql-engine/postgres/home'
import { isMap } from 'yaml'
import { configurationFolder, readDocuments } from '../config/documents.js'
import { editYaml } from '../config/edit-yaml.js'
import { mergeDocuments } from '../config/merge-documents.js'
import { type Environment, readSettings } from '../config/settings.js'
import { placeText } from '../config/syntax/located.js'
import { userNameFault } from '../config/users.js'
import { type ExitCode, UserError } from '../user-error.js'
import type { AddUserOptions } from './arguments.js'
import { askForVerifier } from './ask-password.js'

/** The file that these commands write, and nobody else may read. */
export function usersFile(home: string): string {
  return join(home, configurationFolder, 'users.yaml')
}

/** @throws UserError for what is wrong with the options; nothing is written then */
export async function addUser(options: AddUserOptions, environment: Environment): Promise<0 | ExitCode> {
  const { user, connections = '', certificateCn, certificateSan, passwordFrom } = options
  const settings = await readSettings(environment)
  const known = settings.users.get(user)
  if (known !== undefined) {
    throw new UserError(`there is a user "${user}" already: ${placeText(known.place)}`, 2)
  }
  const fault = userNameFault(user, new Set([...settings.connections.keys(), ...settings.faulty.keys()]))
  if (fault !== undefined) throw new UserError(fault, 2)
  if (certificateCn !== undefined && certificateSan !== undefined) {
    throw new UserError('--certificate-cn and --certificate-san exclude each other', 2)
  }
  const certificate =
    certificateCn !== undefined
      ? { cn: certificateCn }
      : certificateSan !== undefined
        ? { san: certificateSan }
        : undefined
  const seen = connections.split(',').flatMap((name) => name.trim() || [])
  const needsPassword = certificate === undefined || passwordFrom !== undefined
  const verifier = needsPassword ? await askForVerifier(user, passwordFrom, environment) : undefined
  if (needsPassword && verifier === undefined) return nothingWritten()
  const path = usersFile(settings.home)
  await editYaml(settings.home, path, { users: {} }, (document) => {
    const value = {
      ...(verifier === undefined ? {} : { verifier }),
      ...(certificate === undefined ? {} : { certificate }),
      connections: seen,
    }
    const users = document.get('users', true)
    if (!isMap(users)) document.set('users', document.createNode({}))
    // An empty one is written with braces, which would stay.
    else if (users.items.length === 0) users.flow = false
    document.setIn(['users', user], document.createNode(value))
  })
  process.stdout.write(`user "${user}" is written to ${path}\n`)
  if (seen.length === 0) process.stdout.write('It sees no connection yet: name some in that file.\n')
  return 0
}

/** @throws UserError where there is no such user, or it stands in another file */
export async function changePassword(
  user: string,
  passwordFrom: string | undefined,
  environment: Environment,
): Promise<0 | ExitCode> {
  const { home, path } = await ownUser(user, environment)
  const verifier = await askForVerifier(user, passwordFrom, environment)
  if (verifier === undefined) return nothingWritten()
  await editYaml(home, path, { users: {} }, (document) => {
    document.setIn(['users', user, 'verifier'], verifier)
  })
  process.stdout.write(`user "${user}" has another password\n`)
  return 0
}

/** @throws UserError where there is no such user, or it stands in another file */
export async function removeUser(user: string, environment: Environment): Promise<0> {
  const { home, path } = await ownUser(user, environment)
  await editYaml(home, path, { users: {} }, (document) => {
    document.deleteIn(['users', user])
  })
  process.stdout.write(`user "${user}" is taken out of ${path}\n`)
  return 0
}

/** One with a mistake may be mended by it: one without a password, for one. */
async function ownUser(
  user: string,
  environment: Environment,
): Promise<{ readonly home: string; readonly path: string }> {
  const home = defaultHome(environment)
  const { users } = mergeDocuments((await readDocuments(home)).values())
  const known = users.get(user)
  if (known === undefined) throw new UserError(`there is no user "${user}" in the configuration`, 2)
  const path = usersFile(home)
  if (known.place.file !== path) {
    throw new UserError(`user "${user}" stands in ${placeText(known.place)}: change it there`, 2)
  }
  return { home, path }
}

function nothingWritten(): ExitCode {
  process.stdout.write('nothing was written\n')
  return 130
}
