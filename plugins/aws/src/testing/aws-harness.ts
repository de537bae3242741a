/** The tables' surroundings in a test: the sandbox, and connections to it that are closed with it. */
import type { Columns, Qual, Quals, Row, Table } from '@millrace/plugin-sdk'
import { collectRows, type ScanRequest } from '@millrace/plugin-sdk/testing'
import { deniedCredentials } from '@millrace/sandbox/credentials'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import type { AwsConnection } from '../connection/connection.js'
import plugin from '../plugin.js'
import { awsConfig } from '../settings/config.js'

export interface AwsHarness {
  readonly sandbox: Sandbox
  /** @param environment takes the place of variables that lead to the sandbox */
  connect(settings?: object, environment?: Readonly<Record<string, string>>): AwsConnection
  /** The rows of a scan, over a new connection unless one is given. */
  rows<TableColumns extends Columns>(
    table: Table<AwsConnection, TableColumns>,
    request?: Partial<ScanRequest<AwsConnection, TableColumns>>,
  ): Promise<Row<TableColumns>[]>
  /** The calls so far, by name. */
  operations(): string[]
  stop(): Promise<void>
}

export async function startAwsHarness(): Promise<AwsHarness> {
  const sandbox = await startSandbox()
  const connections: AwsConnection[] = []
  const connect: AwsHarness['connect'] = (settings = {}, environment = {}) => {
    const connection = plugin.connect(awsConfig.parse(settings), {
      connectionName: 'aws',
      environment: { ...sandbox.environment, ...environment },
    })
    connections.push(connection)
    return connection
  }
  return {
    sandbox,
    connect,
    rows: (table, request = {}) =>
      collectRows(table, {
        ...request,
        connection: request.connection ?? connect(),
        onCall(name) {
          if (!namesCall(table, name)) throw new Error(`${table.name} does not name its call ${name}`)
          request.onCall?.(name)
        },
      }),
    operations: () => sandbox.calls.list().map(({ operation }) => operation),
    async stop() {
      for (const connection of connections) await plugin.close?.(connection)
      await sandbox.stop()
    },
  }
}

/** Those that all tables may make need not be named. */
function namesCall({ calls = [] }: Pick<Table, 'calls'>, call: string): boolean {
  return ['GetCallerIdentity', 'DescribeRegions', ...calls.map(({ name }) => name)].includes(call)
}

/** An environment whose key may call nothing. */
export const deniedEnvironment = {
  AWS_ACCESS_KEY_ID: deniedCredentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: deniedCredentials.secretAccessKey,
}

export function equals<Value>(...values: readonly [Value, ...Value[]]): readonly Qual<Value>[] {
  return [{ operator: '=', values }]
}

/** The rows that PostgreSQL would keep, for conditions with `=` on texts. */
export function kept<TableColumns extends Columns>(
  rows: readonly Row<TableColumns>[],
  quals: Quals<TableColumns>,
): Row<TableColumns>[] {
  return rows.filter((row) =>
    Object.entries<readonly Qual[] | undefined>(quals).every(([column, conditions = []]) =>
      conditions.every((qual) => qual.operator === '=' && qual.values.includes(row[column])),
    ),
  )
}
