/** Defines a table over ipstack connections. */
import { tablesOf } from '@millrace/plugin-sdk'
import type { IpstackConnection } from './connection.js'

export const defineTable = tablesOf<IpstackConnection>()
