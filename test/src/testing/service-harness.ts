/** Millrace as it runs, in one process: sandbox, engine with the real plugins, gateway. */

import abuseipdb from '@millrace/plugin-abuseipdb/plugin'
import aws from '@millrace/plugin-aws/plugin'
import ipstack from '@millrace/plugin-ipstack/plugin'
import net from '@millrace/plugin-net/plugin'
import type { Plugin } from '@millrace/plugin-sdk'
import shodan from '@millrace/plugin-shodan/plugin'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { startService } from '@millrace/server/service'
import { StartedParts } from '@millrace/server/started-parts'
import type { CacheOptions } from '@millrace/sql-engine/engine-options'
import type { LimitSettings } from '@millrace/sql-engine/fetch/connection'
import type { IgnoredErrorsOptions } from '@millrace/sql-engine/fetch/ignored-errors'
import { startTestPostgres, type TestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import pg from 'pg'
import { pino } from 'pino'

export interface ServiceHarnessOptions {
  /** Settings by connection, beside what the sandbox's environment says. */
  readonly settings?: { readonly [Name in 'aws' | 'ipstack' | 'net' | 'abuseipdb' | 'shodan']?: object }
  /** Further connections, by name. */
  readonly more?: MoreConnections | ((sandbox: Sandbox) => MoreConnections)
  /** Connections of the AWS plugin beside `aws`, by name: their settings; and aggregators of them. */
  readonly moreAws?: Readonly<Record<string, object>>
  readonly aggregators?: Readonly<Record<string, readonly string[]>>
  /** Aggregators whose queries go on when a member fails. */
  readonly lenientAggregators?: Readonly<Record<string, readonly string[]>>
  /** Of every connection. */
  readonly limits?: LimitSettings
  /** Errors without which queries go on, by connection. */
  readonly ignored?: Readonly<Record<string, IgnoredErrorsOptions>>
  /** Connections without whose rows outer joins go on. */
  readonly optional?: readonly string[]
  /** Takes the place of variables of the sandbox's environment. */
  readonly environment?: Readonly<Record<string, string>>
  /** What is kept of the rows; default is nothing. */
  readonly cache?: CacheOptions
}

type MoreConnections = Readonly<Record<string, { readonly plugin: Plugin; readonly settings: object }>>

export interface ServiceHarness {
  readonly sandbox: Sandbox
  readonly postgres: TestPostgres
  readonly url: string
  /** A connected client, ended with the harness. */
  connect(): Promise<pg.Client>
  stop(): Promise<void>
}

const password = 'a secret of this test'

export async function startServiceHarness(options: ServiceHarnessOptions = {}): Promise<ServiceHarness> {
  const {
    settings = {},
    environment = {},
    moreAws = {},
    aggregators = {},
    more = {},
    lenientAggregators = {},
    limits,
    ignored = {},
    optional = [],
    cache,
  } = options
  const log = pino({ level: process.env.MILLRACE_TEST_LOG ?? 'silent' }, pino.destination(2))
  const sandbox = await startSandbox()
  const connection = (name: string, plugin: Plugin, own: object = {}) => ({
    name,
    plugin,
    settings: own,
    limits,
    ignored: ignored[name],
    onFailure: optional.includes(name) ? ('notice' as const) : undefined,
  })
  const connections = [
    connection('aws', aws, settings.aws),
    connection('ipstack', ipstack, settings.ipstack),
    connection('net', net, { ...sandbox.netSettings, ...settings.net }),
    connection('abuseipdb', abuseipdb, settings.abuseipdb),
    // Not one call a second: nobody counts here.
    {
      ...connection('shodan', shodan, settings.shodan),
      limits: { ...limits, rates: { '*': 1000, ...limits?.rates } },
    },
    ...Object.entries(typeof more === 'function' ? more(sandbox) : more).map(
      ([name, { plugin, settings: own }]) => connection(name, plugin, own),
    ),
    ...Object.entries(moreAws).map(([name, own]) => connection(name, aws, own)),
    ...Object.entries(aggregators).map(([name, members]) => ({ name, plugin: aws, members })),
    ...Object.entries(lenientAggregators).map(([name, members]) => ({
      name,
      plugin: aws,
      members,
      onMemberFailure: 'notice' as const,
    })),
  ]
  const parts = new StartedParts()
  parts.add(sandbox, () => sandbox.stop())
  const { address, postgres } = await startService(
    {
      host: '127.0.0.1',
      port: 0,
      environment: { ...sandbox.environment, ...environment },
      log,
      // It asks over the loopback, which tests count.
      tellsOfLimits: false,
      ...(cache === undefined ? {} : { cache }),
      startPostgres: (onCrash) => startTestPostgres({ log, onCrash }),
      configure: async () => ({ connections, password }),
    },
    parts,
  )
  const url = `postgres://millrace:${encodeURIComponent(password)}@127.0.0.1:${address.port}/millrace`
  const clients: pg.Client[] = []
  return {
    sandbox,
    postgres,
    url,
    connect: async () => {
      const client = new pg.Client({ connectionString: url })
      client.on('error', () => {})
      clients.push(client)
      await client.connect()
      return client
    },
    stop: async () => {
      await Promise.all(clients.map((client) => client.end()))
      await parts.stop()
    },
  }
}
