/** `millrace user list`: the users of the configuration. */
import { types } from 'pg'
import { type Environment, readSettings } from '../config/settings.js'
import { placeText } from '../config/syntax/located.js'
import type { UserSettings } from '../config/user-schema.js'
import type { Format } from '../output/format-names.js'
import { printRows } from '../output/print-rows.js'

const { builtins } = types

const columns = [
  { name: 'user', type: builtins.TEXT },
  { name: 'login', type: builtins.TEXT },
  { name: 'connections', type: builtins.TEXT },
  { name: 'ceilings', type: builtins.TEXT },
  { name: 'place', type: builtins.TEXT },
]

export async function listUsers(output: Format, environment: Environment): Promise<0> {
  const { users } = await readSettings(environment)
  const rows = [...users].map(([name, { settings, place }]) => [
    name,
    loginOf(settings),
    settings.connections.join(', '),
    ceilingsOf(settings),
    placeText(place),
  ])
  printRows(output, columns, rows)
  return 0
}

function loginOf({ verifier, certificate }: UserSettings): string {
  const name = certificate === undefined ? undefined : Object.entries(certificate).flat().join(' ')
  return [verifier === undefined ? [] : 'password', name === undefined ? [] : `certificate of ${name}`]
    .flat()
    .join(' and ')
}

function ceilingsOf({ verifier, certificate, connections, ...ceilings }: UserSettings): string | null {
  const told = Object.entries(ceilings).flatMap(([name, value]) =>
    value === undefined ? [] : `${name} ${value}`,
  )
  return told.length === 0 ? null : told.join(', ')
}
