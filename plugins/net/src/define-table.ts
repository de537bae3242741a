/** Defines a table over net connections. */
import { tablesOf } from '@millrace/plugin-sdk'
import type { NetConnection } from './connection.js'

export const defineTable = tablesOf<NetConnection>()
