/** Defines a table over AbuseIPDB connections. */
import { tablesOf } from '@millrace/plugin-sdk'
import type { AbuseipdbConnection } from './connection.js'

export const defineTable = tablesOf<AbuseipdbConnection>()
