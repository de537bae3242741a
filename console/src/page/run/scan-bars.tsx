/** What happens: a bar for each scan, while it runs and after. */
import type { PlannedScan, ScanProgress } from '../../protocol/messages.js'
import { counted, number } from './format.js'

export interface ScanBarsProps {
  readonly scans: readonly ScanProgress[]
  /** Those that have not begun are shown, too. */
  readonly planned: readonly PlannedScan[]
}

export function ScanBars({ scans, planned }: ScanBarsProps) {
  const begun = new Set(scans.map(({ connection, table }) => `${connection}.${table}`))
  const waiting = planned.filter(({ table }) => !begun.has(table))
  if (scans.length + waiting.length === 0) return null
  return (
    <ul class="bars" aria-label="Scans">
      {scans.map((scan) => (
        <ScanBar key={scan.scan} scan={scan} />
      ))}
      {waiting.map(({ number: which, table, after }) => (
        <li key={`planned ${which}`} class="is-waiting">
          <span class="bar-name mono">{table}</span>
          <span class="bar" />
          <span class="bar-facts">
            {after.length === 0 ? 'begins' : `waits for rows of ${namesOf(after, planned)}`}
          </span>
        </li>
      ))}
    </ul>
  )
}

function ScanBar({ scan }: { readonly scan: ScanProgress }) {
  const {
    connection,
    table,
    calls,
    inFlight,
    waiting,
    rows,
    keys,
    keysDone,
    throttles,
    ended,
    cache,
    error,
  } = scan
  const isCounted = keys > 1
  const known = ended !== undefined ? 1 : isCounted ? keysDone / keys : undefined
  const facts = [
    counted(calls, 'call'),
    ...(inFlight > 0 ? [`${number(inFlight)} in flight`] : []),
    ...(waiting > 0 ? [`${number(waiting)} waiting`] : []),
    counted(rows, 'row'),
    ...(isCounted ? [`${number(keysDone)} of ${counted(keys, 'key')}`] : []),
    ...(throttles > 0 ? [`throttled ${number(throttles)} times`] : []),
    ...(cache !== undefined && cache !== 'miss' ? [cacheWords[cache] ?? cache] : []),
  ]
  return (
    <li class={error !== undefined ? 'is-failed' : ended !== undefined ? 'is-ended' : 'is-running'}>
      <span class="bar-name mono">
        {connection}.{table}
      </span>
      <span
        class="bar"
        role="progressbar"
        aria-label={`${connection}.${table}`}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(known === undefined ? {} : { 'aria-valuenow': Math.round(known * 100) })}
        aria-valuetext={facts.join(', ')}
      >
        <span class={known === undefined ? 'bar-fill is-open' : 'bar-fill'} style={{ width: fill(known) }} />
      </span>
      <span class="bar-facts">{error ?? facts.join(' · ')}</span>
    </li>
  )
}

function namesOf(numbers: readonly number[], planned: readonly PlannedScan[]): string {
  const names = planned.filter(({ number: which }) => numbers.includes(which)).map(({ table }) => table)
  return names.map((name) => name.split('.').pop() ?? name).join(', ')
}

function fill(known: number | undefined): string {
  return known === undefined ? '30%' : `${Math.round(known * 100)}%`
}

export const cacheWords: Readonly<Record<string, string>> = {
  hit: 'from the cache',
  partial: 'partly from the cache',
  shared: 'shared with another scan',
  none: 'nothing to ask',
}
