/** `millrace connection list`: what the configuration has, and what is wrong with it. */
import { types } from 'pg'
import { listenForInterruption } from '../interruption.js'
import type { Row } from '../output/column.js'
import type { Format } from '../output/format-names.js'
import { printRows } from '../output/print-rows.js'
import { type Opened, withConnections } from './open.js'

const { builtins } = types

const columns = [
  { name: 'connection', type: builtins.TEXT },
  { name: 'plugin', type: builtins.TEXT },
  { name: 'type', type: builtins.TEXT },
  { name: 'state', type: builtins.TEXT },
  { name: 'tables', type: builtins.INT4 },
  { name: 'error', type: builtins.TEXT },
]

/** Always 0: a connection with a mistake is listed as such. */
export async function listConnections(output: Format): Promise<0> {
  const { signal, release } = listenForInterruption()
  try {
    const rows = await withConnections(signal, async (opened) => rowsOf(opened))
    printRows(output, columns, rows)
    return 0
  } finally {
    release()
  }
}

function rowsOf({ names, open }: Opened): Row[] {
  const all = [...open.connections, ...open.aggregators, ...open.failed]
  return names.flatMap((name) => {
    const found = all.find((one) => one.name === name)
    if (found === undefined) return []
    const { plugin, tables } = found
    const type = open.aggregators.some((one) => one.name === name) ? 'aggregator' : 'connection'
    const isReady = tables.kind === 'found'
    const error = isReady ? null : [tables.error.message, tables.error.hint].filter(Boolean).join('. ')
    return [[name, plugin.name, type, isReady ? 'ready' : 'error', String(tables.tables?.length ?? 0), error]]
  })
}
