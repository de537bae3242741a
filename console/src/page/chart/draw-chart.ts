/** Draws a result with Observable Plot. */
import * as Plot from '@observablehq/plot'
import type { Column, Row } from '../../protocol/messages.js'
import { isNumber, isTime, numberIn, timeIn } from '../result/column-kinds.js'
import type { Chart } from './pick-chart.js'

/** Bars of names that are drawn; the others are summed up in words by whoever calls. */
export const mostBars = 40

interface Point {
  readonly x: string | number | Date
  readonly y: number
}

export interface Drawing {
  readonly svg: SVGSVGElement | HTMLElement
  /** Names that got no bar. */
  readonly leftOut: number
  /** The time at a place of the picture, in pixels from its left; undefined where no time is drawn. */
  readonly timeAt?: (x: number) => Date | undefined
}

export function drawChart(
  columns: readonly Column[],
  rows: readonly Row[],
  { kind, x, y }: Chart,
  size: { readonly width: number; readonly height: number },
): Drawing {
  const [of, by] = [columns[x], y === undefined ? undefined : columns[y]]
  if (of === undefined) throw new Error(`there is no column ${x}`)
  const points = rows.flatMap((row): Point[] => {
    const place = isTime(of) ? timeIn(row, x) : isNumber(of) ? numberIn(row, x) : (row[x] ?? 'null')
    const value = y === undefined ? 1 : numberIn(row, y)
    return place === undefined || value === undefined ? [] : [{ x: place, y: value }]
  })
  const common = {
    ...size,
    className: 'plot',
    style: { background: 'transparent', fontFamily: 'inherit', fontSize: '12px' },
    marginLeft: 56,
    marginBottom: 40,
    x: { label: of.name, labelArrow: 'none' as const },
    y: { label: by?.name ?? 'rows', grid: true, labelArrow: 'none' as const },
  }
  const isNamed = !isTime(of) && !isNumber(of)
  if (kind === 'bars' && isNamed) return barsByName(points, common, of.name, by?.name ?? 'rows')
  const marks: Plot.Markish[] =
    kind === 'bars'
      ? [
          Plot.rectY(points, {
            ...Plot.binX<Plot.RectYOptions>({ y: 'sum' }, { x: 'x', y: 'y' }),
            fill: 'var(--accent)',
            insetLeft: 0.5,
            insetRight: 0.5,
            tip: true,
          }),
          Plot.ruleY([0]),
        ]
      : kind === 'line'
        ? [
            Plot.lineY(points, {
              x: 'x',
              y: 'y',
              sort: 'x',
              stroke: 'var(--accent)',
              strokeWidth: 1.75,
              tip: true,
            }),
            ...(points.length <= 60
              ? [Plot.dot(points, { x: 'x', y: 'y', fill: 'var(--accent)', r: 2.5 })]
              : []),
          ]
        : [
            Plot.dot(points, {
              x: 'x',
              y: 'y',
              stroke: 'var(--accent)',
              fill: 'var(--accent)',
              fillOpacity: 0.25,
              tip: true,
            }),
          ]
  const plot = Plot.plot({ ...common, marks })
  const timeAt = (at: number) => {
    const time: unknown = plot.scale('x')?.invert?.(at)
    return time instanceof Date ? time : undefined
  }
  return { svg: allowed(plot), leftOut: 0, ...(isTime(of) ? { timeAt } : {}) }
}

/** Names are read across, so their bars lie. */
function barsByName(
  points: readonly Point[],
  common: Plot.PlotOptions,
  name: string,
  measure: string,
): Drawing {
  const sums = new Map<string, number>()
  for (const { x, y } of points) sums.set(String(x), (sums.get(String(x)) ?? 0) + y)
  const sorted = [...sums].sort(([, one], [, other]) => other - one)
  const bars = sorted.slice(0, mostBars).map(([label, value]) => ({ label: shortened(label), value }))
  const longest = Math.max(4, ...bars.map(({ label }) => label.length))
  const svg = Plot.plot({
    ...common,
    height: Math.max(120, bars.length * 26 + 60),
    marginLeft: Math.min(240, longest * 7 + 20),
    marginRight: 48,
    x: { label: measure, grid: true, labelArrow: 'none', labelAnchor: 'center', labelOffset: 36 },
    y: { label: null, domain: bars.map(({ label }) => label) },
    ariaLabel: `${measure} by ${name}`,
    marks: [
      Plot.barX(bars, { x: 'value', y: 'label', fill: 'var(--accent)', insetTop: 2, insetBottom: 2 }),
      Plot.text(bars, {
        x: 'value',
        y: 'label',
        text: ({ value }: { value: number }) => value.toLocaleString('en'),
        textAnchor: 'start',
        dx: 5,
        fill: 'currentColor',
      }),
      Plot.ruleX([0]),
    ],
  })
  return { svg: allowed(svg), leftOut: sorted.length - bars.length }
}

function shortened(label: string): string {
  return label.length > 32 ? `${label.slice(0, 31)}…` : label
}

/** Plot brings a style of its own, which the page's policy would refuse; the page has it already. */
function allowed(drawing: SVGSVGElement | HTMLElement): SVGSVGElement | HTMLElement {
  for (const style of drawing.querySelectorAll('style')) style.remove()
  return drawing
}
