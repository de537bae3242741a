/** Defines a table over AWS connections. */
import { tablesOf } from '@millrace/plugin-sdk/table'
import type { AwsConnection } from './connection.js'

export const defineTable = tablesOf<AwsConnection>()
