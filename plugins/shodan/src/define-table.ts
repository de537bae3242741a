/** Defines a table over Shodan connections. */
import { tablesOf } from '@millrace/plugin-sdk'
import type { ShodanConnection } from './connection.js'

export const defineTable = tablesOf<ShodanConnection>()
