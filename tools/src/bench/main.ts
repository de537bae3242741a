/** `npm run bench`: ratios measured in one run; with --json one object that holds nothing else. */
import { parseArgs } from 'node:util'
import { bridgePlugin, hasGo } from '@millrace/test/testing/bridge-plugin'
import { articleJoin } from './article-join.js'
import { bridgeFirstQuery, bridgeLookups, bridgeRows, bridgeTables } from './bridge.js'
import { cachedQuery } from './cached-query.js'
import { coldLookup } from './cold-lookup.js'
import { coldQuery, help } from './cold-start.js'
import { gatewayMemory } from './gateway-memory.js'
import { lookupJoinBatches, lookupJoinPath } from './lookup-join.js'
import { startMillraceProcess } from './millrace-process.js'
import { nestedColumns } from './nested-columns.js'
import { passthrough } from './passthrough.js'
import { pointLookup } from './point-lookup.js'
import { repeatRange } from './repeat-range.js'
import { s3Parallel, s3Pruned } from './s3-calls.js'
import { mainThreadBlock, s3Cached, s3Scan } from './s3-scan.js'
import { startSandboxProcess } from './sandbox-process.js'
import { scale } from './scale.js'
import { scanRows } from './scan-rows.js'
import { singleLookups } from './single-lookups.js'
import { slicedScan } from './sliced-scan.js'
import {
  aggregatorPlan,
  thousandConnectionsMemory,
  thousandConnectionsStart,
} from './thousand-connections.js'

const benchmarks = [
  passthrough,
  articleJoin,
  scanRows,
  slicedScan,
  s3Scan,
  s3Cached,
  s3Pruned,
  s3Parallel,
  mainThreadBlock,
  cachedQuery,
  pointLookup,
  repeatRange,
  nestedColumns,
  coldLookup,
  singleLookups,
  lookupJoinPath,
  lookupJoinBatches,
  gatewayMemory,
  ...(hasGo() ? [bridgeRows, bridgeLookups, bridgeFirstQuery, bridgeTables] : []),
  thousandConnectionsStart,
  thousandConnectionsMemory,
  aggregatorPlan,
  scale,
  help,
  coldQuery,
]

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
})

const sandbox = await startSandboxProcess()
const plugin: Readonly<Record<string, string>> = hasGo()
  ? { MILLRACE_BENCH_PLUGIN: await bridgePlugin() }
  : {}
const millrace = await startMillraceProcess({ ...sandbox.environment, ...plugin })
const ratios: Record<string, number> = {}
try {
  for (const benchmark of benchmarks) {
    if (positionals.length > 0 && !positionals.includes(benchmark.name)) continue
    const { ratio, lines } = await benchmark.run({ millrace, sandbox })
    ratios[benchmark.name] = Number(ratio.toFixed(3))
    if (values.json) continue
    console.log(`${benchmark.name}  ${ratio.toFixed(2)}\n  ${[benchmark.meaning, ...lines].join('\n  ')}\n`)
  }
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  await millrace.stop()
  await sandbox.stop()
}
if (values.json) console.log(JSON.stringify(ratios))
