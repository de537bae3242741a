/** What a statement would ask, from EXPLAIN, which asks nothing. */
import { z } from 'zod'
import type { PlannedScan, PriceAnswer } from '../protocol/messages.js'
import type { Database } from './database.js'
import { openSession } from './open-session.js'
import { reportOf } from './reports.js'

/** As docs/explain.md has it. */
const scanShape = z
  .object({
    Number: z.number(),
    Schema: z.string(),
    Table: z.string(),
    Alias: z.string().optional(),
    After: z.array(z.number()),
    Columns: z.array(z.string()),
    Pushed: z.array(z.string()),
    Kept: z.array(z.object({ Condition: z.string(), Reason: z.string() })),
    Limit: z.string().optional(),
    Calls: z.string(),
    Costs: z.array(z.string()).default([]),
  })
  .transform(
    (scan): PlannedScan => ({
      number: scan.Number,
      table: `${scan.Schema}.${scan.Table}`,
      alias: scan.Alias === scan.Table ? undefined : scan.Alias,
      after: scan.After,
      columns: scan.Columns,
      pushed: scan.Pushed,
      kept: scan.Kept.map(({ Condition, Reason }) => ({ condition: Condition, reason: Reason })),
      limit: scan.Limit,
      calls: scan.Calls,
      costs: scan.Costs,
    }),
  )

const planShape = z.array(z.object({ 'Millrace Scans': z.array(scanShape).optional() }))

/** Statements that EXPLAIN takes: https://www.postgresql.org/docs/18/sql-explain.html */
const explainable =
  /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*(?:select|values|table|with|insert|update|delete|merge|create|execute|declare|\()/i

/** @param signal ends it */
export async function priceOf(database: Database, sql: string, signal: AbortSignal): Promise<PriceAnswer> {
  if (!explainable.test(sql)) return { kind: 'none' }
  const prefix = 'explain (costs off, format json) '
  const session = await openSession(database, { writes: false, settings: { 'millrace.max_api_calls': '0' } })
  const abort = () => session.cancel()
  signal.addEventListener('abort', abort, { once: true })
  try {
    let text = ''
    for await (const { rows } of session.read(`${prefix}${sql}`, [], 10)) text += rows[0]?.[0] ?? ''
    return { kind: 'priced', scans: planShape.parse(JSON.parse(text))[0]?.['Millrace Scans'] ?? [] }
  } catch (error) {
    return { kind: 'failed', report: reportOf(error, `${prefix}${sql}`, prefix) }
  } finally {
    signal.removeEventListener('abort', abort)
    await session.end()
  }
}
