/** `millrace demo`: the article's queries over local stand-ins for the APIs, which are then served. */
import { type NetSettings, startSandbox } from '@millrace/sandbox/sandbox'
import { Client } from 'pg'
import type { ConnectionAddress } from '../address.js'
import { readArticleQueries } from '../article-queries.js'
import { type Environment, readSettings, type Settings, withDefaultConnections } from '../config/settings.js'
import { startHome } from '../home-service.js'
import { runUntilInterrupted } from '../run-until-interrupted.js'
import { runQuery } from './run-query.js'
import { sandboxEnvironment } from './sandbox-environment.js'

/** Resolves when everything has been stopped after a signal. */
export function demo(): Promise<void> {
  return runUntilInterrupted(async ({ parts, log, signal }) => {
    const outer = { ...process.env }
    // Printed before anything is started.
    await readSettings(outer)
    const sandbox = parts.add(await startSandbox(), (started) => started.stop())
    const environment = sandboxEnvironment(process.env, sandbox.environment)
    // AWS's SDK also looks into the process's own environment.
    replaceProcessEnvironment(environment)
    // The user's own connections may have settings that lead to the real services.
    const settings = async () => demoSettings(await readSettings(outer), sandbox.netSettings)
    const service = await startHome(
      { readSettings: settings, environment, log, record: { purpose: 'service', listening: {} } },
      parts,
    )
    if (signal.aborted) return service
    await showQueries(service.address, signal)
    process.stdout.write(farewell)
    return service
  })
}

function demoSettings(own: Settings, net: NetSettings): Settings {
  const settings = withDefaultConnections(own)
  // The stand-in need not be spared; Shodan itself allows one request a second.
  const further = new Map<string, object>([
    ['net', net],
    ['shodan', { rate_limits: { '*': 100 } }],
  ])
  const connections = new Map(
    [...settings.connections].map(([name, connection]) => {
      const more = further.get(name) ?? {}
      return [name, { ...connection, settings: { ...connection.settings, ...more } }]
    }),
  )
  return { ...settings, connections }
}

const farewell = `The tables stay, over stand-ins for the APIs, until Ctrl-C. In another terminal, millrace query
opens a shell on them; psql, or any other client of PostgreSQL, takes this URL:

`

function replaceProcessEnvironment(environment: Environment): void {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name]
  Object.assign(process.env, environment)
}

async function showQueries(address: ConnectionAddress, signal: AbortSignal): Promise<void> {
  const client = new Client({ ...address, application_name: 'millrace demo' })
  // When the service is stopped meanwhile, the query fails and says so.
  client.on('error', () => {})
  await client.connect()
  try {
    for (const { title, sql } of await readArticleQueries()) {
      if (signal.aborted) return
      process.stdout.write(`-- ${title}\n${sql}\n\n${(await runQuery(client, sql)).join('\n')}\n\n`)
    }
  } finally {
    await client.end()
  }
}
