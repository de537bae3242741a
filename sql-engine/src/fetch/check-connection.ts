/** Asks a connection whether it works, beside all statements. */
import { ApiError, type CheckResult, type CheckScan } from '@millrace/plugin-sdk'
import { CallCounts } from '../quota/call-counts.js'
import { abortable } from '../stage/abortable.js'
import type { Connection } from './connection.js'
import { CallDefect, CallError, makeCall } from './make-call.js'
import { PluginWork, StrayFailure } from './plugin-work.js'

/** What could be found out. */
export type Checked =
  | { readonly kind: 'works'; readonly result: CheckResult; readonly calls: number }
  | {
      readonly kind: 'fails'
      readonly message: string
      readonly detail: string | undefined
      readonly hint: string | undefined
      readonly calls: number
    }
  /** The plugin has no check. */
  | { readonly kind: 'unknown' }

/** Whoever waits for the answer is better served by a failure than by patience: attempts, and milliseconds. */
const mostAttempts = 2
const longestCall = 20_000

/** @throws the signal's reason once it is aborted */
export async function checkConnection(connection: Connection, signal: AbortSignal): Promise<Checked> {
  const { plugin, clock } = connection
  const { check } = plugin
  if (check === undefined) return { kind: 'unknown' }
  const counts = new CallCounts()
  const rules = {
    limiter: () => connection.limiter(),
    attempts: Math.min(connection.attempts, mostAttempts),
    callTimeout: Math.min(connection.callTimeout, longestCall),
    clock,
  }
  const owner = {}
  const work = new PluginWork(plugin.name, `the check of connection "${connection.name}"`, signal)
  const scan: CheckScan = {
    signal: work.signal,
    call: (name, run, scope = '') =>
      makeCall({ name, scope, owner, signal: work.signal, counts, run, within: work }, rules),
  }
  try {
    const checking = work.run(() => check.call(plugin, connection.state, scan))
    const result = await abortable(checking, work.signal)
    return { kind: 'works', result, calls: counts.calls }
  } catch (error) {
    signal.throwIfAborted()
    const isOfCall = error instanceof CallError || error instanceof CallDefect
    const cause = isOfCall ? error.cause : error
    const { detail, hint } = ApiError.is(cause) ? cause : { detail: undefined, hint: undefined }
    const words = cause instanceof Error ? cause.message : String(cause)
    const said = cause instanceof StrayFailure ? `the plugin ${plugin.name} ${words}` : words
    const message = isOfCall ? `${error.call}: ${said}` : said
    return { kind: 'fails', message, detail, hint, calls: counts.calls }
  } finally {
    work.stop()
  }
}
