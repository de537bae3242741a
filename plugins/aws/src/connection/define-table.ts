/** Defines a table over AWS connections. */
import type { Columns, Table } from '@millrace/plugin-sdk'
import type { AwsCall } from '../services/aws-service.js'
import type { AwsConnection } from './connection.js'

/**
 * A table over AWS, which must name the calls that it makes: from them follow the limits of the connection's account,
 * and the permissions on its page. Calls that all tables may make are omitted: GetCallerIdentity, and DescribeRegions
 * where the settings have patterns of regions.
 */
export interface AwsTable<TableColumns extends Columns> extends Table<AwsConnection, TableColumns> {
  readonly calls: readonly AwsCall[]
}

export function defineTable<const TableColumns extends Columns>(
  table: AwsTable<TableColumns>,
): AwsTable<TableColumns> {
  return table
}
