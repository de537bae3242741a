/** The calls of a run over time: which were made side by side, and which waited. */
import type { CallSpan, ScanProgress, ScanRecord } from '../../protocol/messages.js'
import { bytes, counted, duration, number } from '../run/format.js'
import { cacheWords } from '../run/scan-bars.js'

export interface WaterfallProps {
  readonly progress: readonly ScanProgress[]
  readonly calls: readonly CallSpan[]
  readonly scans: readonly ScanRecord[]
}

/** Lanes that are drawn of a scan; calls beyond them are summed up. */
const mostLanes = 60

export function Waterfall({ progress, calls, scans }: WaterfallProps) {
  const end = Math.max(1, ...calls.map(({ ended }) => ended), ...progress.map(({ ended = 0 }) => ended))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard, too
    <div class="waterfall" tabIndex={0}>
      {progress.length > 0 && <Axis end={end} />}
      {progress.map((scan) => (
        <ScanLanes
          key={scan.scan}
          scan={scan}
          calls={calls.filter((call) => call.scan === scan.scan)}
          end={end}
        />
      ))}
      <ScanTable scans={scans} />
    </div>
  )
}

/** Round numbers, five or so of them. */
function ticks(end: number): readonly number[] {
  const rough = end / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step)
}

function Axis({ end }: { readonly end: number }) {
  return (
    <div class="axis" aria-hidden="true">
      {ticks(end).map((tick) => (
        <span key={tick} style={{ left: percent(tick / end) }}>
          {duration(tick)}
        </span>
      ))}
    </div>
  )
}

interface ScanLanesProps {
  readonly scan: ScanProgress
  readonly calls: readonly CallSpan[]
  readonly end: number
}

function ScanLanes({ scan, calls, end }: ScanLanesProps) {
  const shown = calls.slice(0, mostLanes)
  const { begun, ended = end } = scan
  return (
    <section class="lanes" aria-label={`Calls of ${scan.connection}.${scan.table}`}>
      <h3>
        <span class="mono">
          {scan.connection}.{scan.table}
        </span>
        <span class="quiet">
          {counted(scan.calls, 'call')}, {duration(ended - begun)}
          {scan.cache !== undefined && scan.cache !== 'miss' && `, ${cacheWords[scan.cache] ?? scan.cache}`}
        </span>
      </h3>
      <ol>
        {shown.length === 0 && (
          <li class="lane">
            <span class="span is-scan" style={placed(begun, ended, end)} />
          </li>
        )}
        {shown.map((call, index) => (
          <Lane key={`${index}`} call={call} end={end} isNamed={call.call !== shown[index - 1]?.call} />
        ))}
      </ol>
      {calls.length > shown.length && (
        <p class="quiet">and {counted(calls.length - shown.length, 'further call')}</p>
      )}
    </section>
  )
}

interface LaneProps {
  readonly call: CallSpan
  readonly end: number
  /** Whether its name is written; one that is like the call before needs none. */
  readonly isNamed: boolean
}

function Lane({ call, end, isNamed }: LaneProps) {
  const waited = call.begun - call.wanted
  const words = `${call.call}: ${duration(call.ended - call.begun)}${waited >= 1 ? `, waited ${duration(waited)}` : ''}${call.outcome === 'answered' ? '' : `, ${call.outcome}`}`
  return (
    <li class="lane" title={words}>
      <span class="visually-hidden">{words}</span>
      {waited >= 1 && <span class="span is-waiting" style={placed(call.wanted, call.begun, end)} />}
      <span class={`span is-${call.outcome}`} style={placed(call.begun, call.ended, end)} />
      <span class={call.ended / end > 0.7 ? 'span-name is-before' : 'span-name'} style={named(call, end)}>
        {isNamed && `${call.call} `}
        {duration(call.ended - call.begun)}
      </span>
    </li>
  )
}

function named(call: CallSpan, end: number) {
  return call.ended / end > 0.7
    ? { right: percent(1 - Math.min(call.wanted, call.begun) / end) }
    : { left: percent(call.ended / end) }
}

function placed(from: number, to: number, end: number) {
  return { left: percent(from / end), width: percent(Math.max(0, to - from) / end) }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)}%`
}

function ScanTable({ scans }: { readonly scans: readonly ScanRecord[] }) {
  if (scans.length === 0) return <p class="quiet">The statement has read no virtual table.</p>
  return (
    <table class="scan-table">
      <thead>
        <tr>
          <th scope="col">Table</th>
          <th scope="col">Calls</th>
          <th scope="col">Tries again</th>
          <th scope="col">Throttled</th>
          <th scope="col">Rows</th>
          <th scope="col">Size</th>
          <th scope="col">Cache</th>
          <th scope="col">Time</th>
        </tr>
      </thead>
      <tbody>
        {scans.map((scan, index) => (
          <tr key={`${index}`}>
            <th scope="row" class="mono">
              {scan.connection}.{scan.table}
              {scan.error !== null && <span class="scan-error">{scan.error}</span>}
            </th>
            <td>{number(scan.calls)}</td>
            <td>{number(scan.retries)}</td>
            <td>{number(scan.throttles)}</td>
            <td>{number(scan.rows)}</td>
            <td>{bytes(scan.bytes)}</td>
            <td class="is-text">{scan.cache}</td>
            <td>{duration(scan.milliseconds)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
