/** The dashboard and the alert rules of examples/monitoring ask for nothing that /metrics does not give. */
import { readFile } from 'node:fs/promises'
import { parser } from '@prometheus-io/lezer-promql'
import { expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { Metrics } from './metrics.js'

const target = z.object({
  refId: z.string(),
  expr: z.string(),
  datasource: z.object({ uid: z.string().regex(/^\$\{datasource\}$/) }),
})
const place = z.object({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1).max(24), h: z.int().min(1) })
const panel = z.object({
  id: z.int(),
  title: z.string(),
  type: z.string(),
  gridPos: place,
  targets: z.array(target).optional(),
})
const dashboard = z.object({
  title: z.literal('Millrace'),
  uid: z.string(),
  schemaVersion: z.int(),
  templating: z.object({ list: z.array(z.object({ name: z.string(), definition: z.string().optional() })) }),
  panels: z.array(panel),
})
const duration = z.string().regex(/^\d+[smhd]$/)
const rule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: duration.optional(),
  labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string().optional() }),
})
const rules = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule) })),
})

const example = (name: string) =>
  readFile(new URL(`../../../examples/monitoring/${name}`, import.meta.url), 'utf8')
const readDashboard = async () => dashboard.parse(JSON.parse(await example('grafana-dashboard.json')))
const readRules = async () =>
  rules.parse(parseYaml(await example('alerts.yaml'))).groups.flatMap((group) => group.rules)

/** What Prometheus itself knows of each that it asks. */
const ofPrometheus = ['up']

/** The series of a server, with those of histograms. */
async function series(): Promise<ReadonlySet<string>> {
  const metrics = new Metrics({ version: '0', readings: () => undefined, isReady: async () => false })
  const types = [...(await metrics.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  return new Set(
    types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  )
}

/** The metrics that an expression names. @throws Error where it is no PromQL */
function metricsOf(expression: string): string[] {
  const names: string[] = []
  // Grafana's own variables stand for a duration and for a list of instances.
  const promql = expression.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.+')
  parser.parse(promql).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.isError) throw new Error(`not PromQL at ${from}: ${promql}`)
      if (type.name === 'Identifier' && node.parent?.name === 'VectorSelector')
        names.push(promql.slice(from, to))
    },
  })
  return names
}

/** Metrics that are named, and are not there. */
async function missing(expressions: readonly string[]): Promise<string[]> {
  const known = new Set([...(await series()), ...ofPrometheus])
  return expressions.flatMap(metricsOf).filter((name) => !known.has(name))
}

test('an expression that is none is noticed, and so is a metric that is not there', async () => {
  expect(() => metricsOf('sum(rate(millrace_statements_total[5m])')).toThrow('not PromQL')
  expect(await missing(['sum by (x) (rate(millrace_statement_total{a="b"}[5m])) / up'])).toEqual([
    'millrace_statement_total',
  ])
})

test('each panel of the dashboard shows what is there, at a place of its own', async () => {
  const { panels, templating } = await readDashboard()
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  expect(expressions.length).toBeGreaterThan(20)
  for (const expression of expressions) expect(metricsOf(expression)).not.toEqual([])
  expect(await missing(expressions)).toEqual([])
  expect(templating.list.map(({ definition }) => definition).at(-1)).toContain('millrace_build_info')
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
})

test('each alert rule asks for what is there', async () => {
  const all = await readRules()
  expect(new Set(all.map(({ alert }) => alert)).size).toBe(all.length)
  for (const { expr } of all) expect(metricsOf(expr)).not.toEqual([])
  expect(await missing(all.map(({ expr }) => expr))).toEqual([])
})

test('each metric of our own is shown by the dashboard', async () => {
  const { panels } = await readDashboard()
  const shown = panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => metricsOf(expr)))
  const families = new Set(shown.map((name) => name.replace(/_(?:bucket|sum|count)$/, '')))
  const own = [...(await series())].filter((name) => name.startsWith('millrace_'))
  const unshown = own.filter((name) => !families.has(name.replace(/_(?:bucket|sum|count)$/, '')))
  expect(unshown).toEqual(['millrace_fetched_bytes_total', 'millrace_build_info'])
})
