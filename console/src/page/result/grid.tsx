/** The rows of a result, of which only those in sight are drawn: it is as quick with a million. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Column, Row, Value } from '../../protocol/messages.js'
import { useChanges } from '../run/listeners.js'
import type { RunModel } from '../run/run-model.js'
import type { Sort } from '../run/shape.js'
import { isNumber } from './column-kinds.js'

export interface Cell {
  readonly row: number
  readonly column: number
}

export interface GridProps {
  readonly model: RunModel
  readonly columns: readonly Column[]
  readonly sort: Sort | undefined
  readonly onSort: (column: number) => void
  readonly cell: Cell | undefined
  readonly onCell: (cell: Cell | undefined) => void
}

const rowHeight = 28
const headerHeight = 34
/** Rows that are drawn above and below those in sight. */
const margin = 6
/** Browsers draw no higher elements than that for sure; a scroll bar then moves over several rows at once. */
const highest = 8_000_000
/** Characters of a value that are drawn; the cell's own view has all of them. */
const longest = 300

export function Grid({ model, columns, sort, onSort, cell, onCell }: GridProps) {
  useChanges(model)
  const scroller = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 400 })
  const { rows } = model
  const widths = useMemo(
    () => columns.map((column, index) => widthOf(column, index, rows.first)),
    [columns, rows.first.length > 0],
  )
  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return undefined
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight })
    const observer = new ResizeObserver(look)
    observer.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    look()
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [])
  const { count } = rows
  const full = count * rowHeight
  const height = Math.min(full, highest)
  const inSight = Math.max(rowHeight, view.height - headerHeight)
  const scale = height > inSight ? (full - inSight) / (height - inSight) : 1
  const offset = view.top * scale
  const first = Math.max(0, Math.floor(offset / rowHeight) - margin)
  const last = Math.min(count, Math.ceil((offset + inSight) / rowHeight) + margin)
  const template = `56px ${widths.map((width) => `${width}px`).join(' ')}`
  const width = 56 + widths.reduce((sum, each) => sum + each, 0)

  const reveal = (row: number) => {
    const element = scroller.current
    if (element === null) return
    const place = row * rowHeight
    if (place < offset) element.scrollTop = place / scale
    else if (place + rowHeight > offset + inSight) element.scrollTop = (place + rowHeight - inSight) / scale
  }
  useEffect(() => {
    if (cell !== undefined) reveal(cell.row)
  }, [cell?.row])

  const onKeyDown = (event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 'c' && cell !== undefined) {
      const value = rows.row(cell.row)?.[cell.column]
      if (document.getSelection()?.isCollapsed !== false) void navigator.clipboard.writeText(value ?? '')
      return
    }
    const page = Math.max(1, Math.floor(inSight / rowHeight) - 1)
    const moved = move(event, cell ?? { row: first, column: 0 }, { count, columns: columns.length, page })
    if (moved === undefined) return
    event.preventDefault()
    onCell(moved)
  }

  const drawn: { readonly index: number; readonly row: Row | undefined }[] = []
  for (let index = first; index < last; index++) drawn.push({ index, row: rows.row(index) })
  const activeId = cell !== undefined && cell.row >= first && cell.row < last ? idOf(cell) : undefined
  return (
    <div
      class="grid"
      ref={scroller}
      role="grid"
      tabIndex={0}
      aria-label="Result"
      aria-rowcount={count + 1}
      aria-colcount={columns.length + 1}
      aria-activedescendant={activeId}
      onKeyDown={onKeyDown}
    >
      <div class="grid-rows" style={{ height: `${height + headerHeight}px`, width: `max(100%, ${width}px)` }}>
        <div class="grid-header" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
          <span role="columnheader" class="grid-number">
            #
          </span>
          {columns.map((column, index) => (
            <Header
              key={`${index}`}
              column={column}
              sort={sort?.column === index ? sort : undefined}
              onSort={() => onSort(index)}
            />
          ))}
        </div>
        <div
          class="grid-window"
          role="rowgroup"
          style={{ top: `${view.top + headerHeight + first * rowHeight - offset}px` }}
        >
          {drawn.map(({ index, row }) => (
            <div
              key={index}
              class="grid-row"
              role="row"
              aria-rowindex={index + 2}
              style={{ gridTemplateColumns: template }}
            >
              <span role="rowheader" class="grid-number">
                {index + 1}
              </span>
              {columns.map((column, place) => (
                <GridCell
                  key={`${place}`}
                  column={column}
                  value={row?.[place]}
                  id={idOf({ row: index, column: place })}
                  isActive={cell?.row === index && cell.column === place}
                  onChoose={() => onCell({ row: index, column: place })}
                />
              ))}
            </div>
          ))}
        </div>
      </div>
    </div>
  )
}

interface HeaderProps {
  readonly column: Column
  readonly sort: Sort | undefined
  readonly onSort: () => void
}

function Header({ column, sort, onSort }: HeaderProps) {
  const direction = sort === undefined ? 'none' : sort.descending ? 'descending' : 'ascending'
  return (
    <span role="columnheader" aria-sort={direction} class={isNumber(column) ? 'is-number' : ''}>
      <button type="button" onClick={onSort} title={`${column.name} ${column.type}: sort`} tabIndex={-1}>
        <span class="grid-name">{column.name}</span>
        {sort === undefined ? (
          <span class="grid-type">{shortType(column.type)}</span>
        ) : (
          <span class="grid-sort" aria-hidden="true">
            {sort.descending ? '↓' : '↑'}
          </span>
        )}
      </button>
    </span>
  )
}

interface GridCellProps {
  readonly column: Column
  /** Undefined while it is on its way. */
  readonly value: Value | undefined
  readonly id: string
  readonly isActive: boolean
  readonly onChoose: () => void
}

function GridCell({ column, value, id, isActive, onChoose }: GridCellProps) {
  const kind = value === null ? ' is-null' : isNumber(column) ? ' is-number' : ''
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid itself has the keys
    <span
      role="gridcell"
      id={id}
      class={`grid-cell${kind}${isActive ? ' is-active' : ''}`}
      aria-selected={isActive}
      onClick={onChoose}
    >
      {value === undefined ? '…' : value === null ? 'null' : oneLine(value)}
    </span>
  )
}

function idOf({ row, column }: Cell): string {
  return `cell-${row}-${column}`
}

/** Only what fits a line: text, never markup. */
function oneLine(value: string): string {
  return value.slice(0, longest).replace(/\s+/g, ' ')
}

function shortType(type: string): string {
  return type
    .replace('timestamp with time zone', 'timestamptz')
    .replace('timestamp without time zone', 'timestamp')
    .replace('double precision', 'float8')
    .replace('character varying', 'varchar')
}

/** By what the first rows hold, in pixels. */
function widthOf(column: Column, index: number, rows: readonly Row[]): number {
  let most = Math.max(column.name.length + shortType(column.type).length + 3, 6)
  for (const row of rows.slice(0, 60)) most = Math.max(most, (row[index] ?? 'null').length)
  return Math.min(420, Math.max(72, Math.ceil(most * 7.6) + 24))
}

interface Bounds {
  readonly count: number
  readonly columns: number
  readonly page: number
}

function move(event: KeyboardEvent, from: Cell, { count, columns, page }: Bounds): Cell | undefined {
  const far = event.ctrlKey || event.metaKey
  const to = (row: number, column = from.column) => ({
    row: Math.max(0, Math.min(count - 1, row)),
    column: Math.max(0, Math.min(columns - 1, column)),
  })
  switch (event.key) {
    case 'ArrowUp':
      return to(from.row - 1)
    case 'ArrowDown':
      return to(from.row + 1)
    case 'ArrowLeft':
      return to(from.row, from.column - 1)
    case 'ArrowRight':
      return to(from.row, from.column + 1)
    case 'PageUp':
      return to(from.row - page)
    case 'PageDown':
      return to(from.row + page)
    case 'Home':
      return far ? to(0, 0) : to(from.row, 0)
    case 'End':
      return far ? to(count - 1, columns - 1) : to(from.row, columns - 1)
    default:
      return undefined
  }
}
