/** The checks of a plugin, table by table. */
import type { Plugin } from '../plugin.js'
import { checkPlugin } from '../plugin-shape.js'
import type { QualValue } from '../qual.js'
import { callChecks } from './call-checks.js'
import { columnChecks } from './column-checks.js'
import { ConformanceFailure } from './conformance-failure.js'
import { failureChecks, leftOpenCheck } from './connection-checks.js'
import { keyChecks } from './key-checks.js'
import { limitChecks } from './limit-checks.js'
import type { AnyQuals, AnyTable } from './run-scan.js'
import { type Check, type Connections, Trial } from './trial.js'

/** Values by column. */
type Asked = Readonly<Record<string, readonly [QualValue, ...QualValue[]]>>

/** What a table is asked for, and what of the suite is not true of it. */
export interface TableConformance {
  /**
   * The `=` values of its required keys, by column, for which the stand-in has rows. A function is called when the checks
   * run, for values that the stand-in tells.
   */
  readonly ask?: Asked | (() => Asked)
  /** Further values for keys, by column: for those that no row has, such as the text of a search. */
  readonly values?: Asked | (() => Asked)
  /** Columns in which no row of the stand-in has a value, divided by commas, and why. It must be all of them. */
  readonly unseen?: Readonly<Record<string, string>>
  /**
   * Columns that may hold something else when they are read again, such as a time. Those that differ between two scans are
   * known; one that changes once a second may not be.
   */
  readonly varying?: readonly string[]
  /**
   * What does not hold, by the name of the check, and why. Several names are divided by commas. A check that is named
   * here must fail: an exception that is not needed is an error.
   */
  readonly exceptions?: Readonly<Record<string, string>>
}

export interface PluginConformance<Connection> {
  // A plugin's configuration is no matter of the suite.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly plugin: Plugin<any, Connection>
  /** The tables, where the plugin finds them only when it is connected. */
  readonly foundTables?: readonly AnyTable[]
  /** Makes a new connection to a stand-in for the API. The suite closes it. */
  connect(): Connection
  /** Makes connections on which every call fails, each named for why: credentials that are refused, nobody there. */
  readonly failing?: Readonly<Record<string, () => Connection>>
  /** Texts that no error may hold. */
  readonly secrets?: readonly string[]
  /** Runs a scan while the stand-in gives small pages. */
  readonly smallPages?: <Result>(scan: () => Promise<Result>) => Promise<Result>
  /** Called before each check: makes the stand-in as it was. */
  readonly reset?: () => void | Promise<void>
  /** Names of calls that any table may make without naming them in its `calls`. */
  readonly commonCalls?: readonly string[]
  /** By table; those that need nothing may be left out. */
  readonly tables?: Readonly<Record<string, TableConformance>>
  /** The longest that something may take to end, in milliseconds. Default 5 seconds. */
  readonly patience?: number
}

/** Checks that belong together. */
export interface CheckGroup {
  /** The name of a table, or of the plugin. */
  readonly name: string
  readonly checks: readonly Check[]
}

/** All checks of a plugin. They are run one after the other, in any order. */
export function conformanceChecks<Connection>(conformance: PluginConformance<Connection>): CheckGroup[] {
  const {
    plugin,
    failing = {},
    secrets = [],
    smallPages,
    reset,
    commonCalls = [],
    patience = 5_000,
  } = conformance
  const tables = typeof plugin.tables === 'function' ? (conformance.foundTables ?? []) : plugin.tables
  const described = conformance.tables ?? {}
  const connections = (connect: () => Connection): Connections => ({
    async use(work) {
      const connection = connect()
      try {
        return await work(connection)
      } finally {
        await plugin.close?.(connection)
      }
    },
  })
  const failures = Object.fromEntries(
    Object.entries(failing).map(([what, connect]) => [what, connections(connect)]),
  )
  const trials = tables.map((table) => {
    const { ask = {}, values = {}, unseen = {}, varying = [] } = described[table.name] ?? {}
    const quals = (): AnyQuals =>
      Object.fromEntries(
        Object.entries(askedOf(ask)).map(([column, asked]) => [column, [{ operator: '=', values: asked }]]),
      )
    return new Trial(
      table,
      connections(() => conformance.connect()),
      { quals, values: () => askedOf(values), unseen, varying, commonCalls, patience },
    )
  })
  const withReset = (check: Check): Check => ({
    name: check.name,
    async run() {
      await reset?.()
      await check.run()
    },
  })
  return [
    {
      name: plugin.name,
      checks: [shapeCheck(conformance, tables), leftOpenCheck(trials, patience)].map(withReset),
    },
    ...trials.map((trial) => {
      const checks = [
        ...columnChecks(trial),
        ...keyChecks(trial),
        ...limitChecks(trial, smallPages),
        ...callChecks(trial),
        ...failureChecks(trial, failures, secrets),
      ].map(withReset)
      return {
        name: trial.table.name,
        checks: withExceptions(checks, described[trial.table.name]?.exceptions ?? {}),
      }
    }),
  ]
}

function askedOf(ask: Asked | (() => Asked)): Asked {
  return typeof ask === 'function' ? ask() : ask
}

function shapeCheck<Connection>(
  { plugin, tables = {} }: PluginConformance<Connection>,
  all: readonly AnyTable[],
): Check {
  return {
    name: 'definition',
    async run() {
      const checked = checkPlugin(plugin)
      if ('fault' in checked) throw new ConformanceFailure(checked.fault)
      const unknown = Object.keys(tables).find((name) => !all.some((table) => table.name === name))
      if (unknown !== undefined) throw new ConformanceFailure(`the plugin has no table ${unknown}`)
      for (const { name, keys } of all) {
        const asked = askedOf(tables[name]?.ask ?? {})
        const missing = Object.entries(keys).find(
          ([column, key]) => key?.require === 'required' && asked[column] === undefined,
        )
        if (missing !== undefined)
          throw new ConformanceFailure(`${name} needs values to ask ${missing[0]} for`)
      }
    },
  }
}

/** Checks that must fail where an exception names them. */
function withExceptions(checks: readonly Check[], exceptions: Readonly<Record<string, string>>): Check[] {
  const reasons = new Map(
    Object.entries(exceptions).flatMap(([names, reason]) =>
      names.split(',').map((name) => [name.trim(), reason] as const),
    ),
  )
  const unknown = [...reasons.keys()].filter((name) => !checks.some((check) => check.name === name))
  return [
    ...checks.map((check) => {
      const reason = reasons.get(check.name)
      return reason === undefined ? check : exceptionOf(check, reason)
    }),
    ...unknown.map((name) => ({
      name: `exception ${name}`,
      async run() {
        throw new ConformanceFailure(`there is no check "${name}"`)
      },
    })),
  ]
}

function exceptionOf({ name, run }: Check, reason: string): Check {
  return {
    name: `${name} (exception: ${reason})`,
    async run() {
      try {
        await run()
      } catch (error) {
        if (error instanceof ConformanceFailure) return
        throw error
      }
      throw new ConformanceFailure(`the exception is not needed: the check "${name}" passes`)
    },
  }
}
