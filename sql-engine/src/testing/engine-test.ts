/** Tests over an engine, and a PostgreSQL that a file shares, as fixtures. */
import type { Plugin } from '@millrace/plugin-sdk'
import { pino } from 'pino'
import { test } from 'vitest'
import { Engine } from '../engine.js'
import type { CacheOptions } from '../engine-options.js'
import { ClientSession } from './client-session.js'
import { type PropertyHarnessOptions, startPropertyHarness } from './property-harness.js'
import { startTestPostgres, type TestPostgres } from './test-postgres.js'

export interface EngineTestOptions {
  readonly plugin: Plugin
  /** Of the one connection. Default is "counting". */
  readonly connectionName?: string
  /** Default is the engine's own. */
  readonly cache?: CacheOptions
}

/** Tests with a PostgreSQL that the file shares. */
const postgresTest = test
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture depends on
  .extend('postgres', { scope: 'file' }, async ({}, { onCleanup }) => {
    const postgres = await startTestPostgres()
    onCleanup(() => postgres.stop())
    return postgres
  })

/** Tests with an engine, and a client's session over it, that the file shares. */
export function engineTest(options: EngineTestOptions) {
  return postgresTest
    .extend('engine', { scope: 'file' }, async ({ postgres }, { onCleanup }) => {
      const engine = await startEngine(options, postgres)
      onCleanup(() => engine.stop())
      return engine
    })
    .extend('session', { scope: 'file' }, async ({ postgres, engine }, { onCleanup }) => {
      const session = await openSession(postgres, engine)
      onCleanup(() => session.close())
      return session
    })
}

/** Tests of which each has an engine of its own, that has kept nothing yet, and a client's session over it. */
export function freshEngineTest(options: EngineTestOptions) {
  return postgresTest
    .extend('engine', async ({ postgres }, { onCleanup }) => {
      const engine = await startEngine(options, postgres)
      onCleanup(() => engine.stop())
      return engine
    })
    .extend('session', async ({ postgres, engine }, { onCleanup }) => {
      const session = await openSession(postgres, engine)
      onCleanup(() => session.close())
      return session
    })
}

/** Tests over the same rows in virtual tables and in ordinary ones. Calls are forgotten before each test. */
export function propertyTest(options: PropertyHarnessOptions) {
  return (
    test
      // biome-ignore lint/correctness/noEmptyPattern: as above
      .extend('harness', { scope: 'file' }, async ({}, { onCleanup }) => {
        const harness = await startPropertyHarness(options)
        onCleanup(() => harness.stop())
        return harness
      })
      .extend('forgottenCalls', { auto: true }, ({ harness }) => harness.calls.splice(0))
  )
}

function startEngine(
  { plugin, connectionName = 'counting', cache }: EngineTestOptions,
  postgres: TestPostgres,
): Promise<Engine> {
  return Engine.start({
    postgres,
    connections: [{ name: connectionName, plugin, settings: {} }],
    environment: {},
    log: pino({ level: 'silent' }),
    ...(cache === undefined ? {} : { cache }),
  })
}

function openSession({ engineConfig }: TestPostgres, engine: Engine): Promise<ClientSession> {
  return ClientSession.open({ ...engineConfig, user: 'millrace' }, engine)
}
