/** A picture of a result, chosen from its columns' types, and changed by whoever looks at it. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Column, Row } from '../../protocol/messages.js'
import { isNumber, isTime } from '../result/column-kinds.js'
import { counted } from '../run/format.js'
import type { Filter } from '../run/shape.js'
import type { Chart } from './pick-chart.js'
import { chartKinds } from './pick-chart.js'
import { chooseTimes, type TimeRange } from './time-range.js'

export interface ChartViewProps {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  readonly chart: Chart
  readonly onChart: (chart: Chart) => void
  /** Undefined where the result cannot be narrowed. */
  readonly onRange: ((filters: readonly Filter[]) => void) | undefined
}

/** Of a picture, in pixels. */
const widest = 1_200
const lowest = 220

export function ChartView({ columns, rows, chart, onChart, onRange }: ChartViewProps) {
  const place = useRef<HTMLDivElement>(null)
  const [{ width, height }, setSize] = useState({ width: 0, height: 0 })
  const [leftOut, setLeftOut] = useState(0)
  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const room = element.parentElement
    if (room === null) return undefined
    const measure = () =>
      setSize({
        width: Math.min(element.clientWidth, widest),
        height: Math.max(lowest, room.clientHeight - element.offsetTop - 24),
      })
    const observer = new ResizeObserver(measure)
    observer.observe(room)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    if (width === 0) return undefined
    const controller = new AbortController()
    // What draws is loaded when it is needed.
    void import('./draw-chart.js').then(({ drawChart }) => {
      if (controller.signal.aborted || place.current === null) return
      const drawn = drawChart(columns, rows, chart, { width, height })
      drawn.svg.setAttribute('role', 'img')
      if (!drawn.svg.hasAttribute('aria-label')) {
        const measure = chart.y === undefined ? 'rows' : columns[chart.y]?.name
        drawn.svg.setAttribute('aria-label', `${measure} by ${columns[chart.x]?.name}`)
      }
      place.current.replaceChildren(drawn.svg)
      setLeftOut(drawn.leftOut)
      const column = columns[chart.x]?.name
      if (drawn.timeAt === undefined || onRange === undefined || column === undefined) return
      const narrow = ({ from, to }: TimeRange) =>
        onRange([
          { column, operator: '>=', value: from.toISOString() },
          { column, operator: '<', value: to.toISOString() },
        ])
      chooseTimes(place.current, drawn.timeAt, narrow, controller.signal)
    })
    return () => controller.abort()
  }, [columns, rows, chart, width, height])
  const of = columns[chart.x]
  const isLying = chart.kind === 'bars' && of !== undefined && !isNumber(of) && !isTime(of)
  return (
    <div class="chart">
      <div class="chart-choices">
        <label>
          Picture{' '}
          <select
            value={chart.kind}
            onChange={({ currentTarget }) =>
              onChart({
                ...chart,
                kind: chartKinds.find((kind) => kind === currentTarget.value) ?? chart.kind,
              })
            }
          >
            {chartKinds.map((kind) => (
              <option key={kind} value={kind}>
                {kind}
              </option>
            ))}
          </select>
        </label>
        <label>
          {isLying ? 'By' : 'Across'}{' '}
          <select
            value={chart.x}
            onChange={({ currentTarget }) => onChart({ ...chart, x: Number(currentTarget.value) })}
          >
            <ColumnOptions columns={columns} />
          </select>
        </label>
        <label>
          {isLying ? 'Value' : 'Up'}{' '}
          <select
            value={chart.y ?? ''}
            onChange={({ currentTarget: { value } }) =>
              onChart({ ...chart, y: value === '' ? undefined : Number(value) })
            }
          >
            <option value="">number of rows</option>
            <ColumnOptions columns={columns} />
          </select>
        </label>
        {of !== undefined && isTime(of) && onRange !== undefined && (
          <span class="quiet">Drag across the picture to narrow the time</span>
        )}
        {leftOut > 0 && <span class="quiet">{counted(leftOut, 'further value')} not drawn</span>}
      </div>
      <div class="chart-place" ref={place} />
    </div>
  )
}

function ColumnOptions({ columns }: Pick<ChartViewProps, 'columns'>) {
  return columns.map(({ name }, index) => (
    <option key={`${index}`} value={index}>
      {name}
    </option>
  ))
}
