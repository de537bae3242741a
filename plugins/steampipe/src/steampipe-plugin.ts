/** A plugin of Steampipe, an executable file, as a plugin of Millrace. */
import { basename } from 'node:path'
import { definePlugin, type Plugin } from '@millrace/plugin-sdk'
import { z } from 'zod'
import { connectionConfig } from './connection-config.js'
import { PluginHost, type PluginHostOptions } from './process/plugin-host.js'
import { bridgedTable } from './tables/bridged-table.js'

interface HostedConnection {
  readonly name: string
}

/** Settings have names that HCL takes; what they mean, the plugin says when it is told of them. */
const settings = z.record(z.string().regex(/^[A-Za-z_][\w-]*$/, 'is no name of a setting'), z.unknown())

/** A plugin decides by itself when it gives up, and tries again by itself. */
const patience = 24 * 60 * 60 * 1000

/**
 * All connections of the plugin made here share one process, which runs from when the first of them is opened until the
 * last is closed.
 */
export function steampipePlugin(options: PluginHostOptions): Plugin {
  const host = new PluginHost(options)
  return definePlugin<unknown, HostedConnection>({
    name: options.name,
    description: `${basename(options.path)}, a plugin of Steampipe`,
    config: settings,
    connect(config, { connectionName: name, environment, schemaChanged = () => {} }) {
      host.add({ name, config: connectionConfig(settings.parse(config)) }, environment, schemaChanged)
      return { name }
    },
    close: ({ name }) => host.remove(name),
    // It makes as many calls of its API at once as it sees fit; here, as many of Execute.
    concurrency: 8,
    limits: () => ({ callTimeout: patience, attempts: 2 }),
    async tables(_, { connectionName, signal }) {
      const { tables } = await host.schema(connectionName, signal)
      return tables.map((table) => bridgedTable(table, host))
    },
  })
}
