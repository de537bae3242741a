/** The answer to a statement: what happens while it runs, and then its rows, as a table and in pictures. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { CatalogTable, Column, DownloadFormat } from '../../protocol/messages.js'
import { downloadFormats } from '../../protocol/messages.js'
import { ChartView } from '../chart/chart-view.js'
import { type Chart, pickChart } from '../chart/pick-chart.js'
import { locatorFor, mostLookedAt, type Place, placeColumns } from '../map/places.js'
import { counted } from '../run/format.js'
import { useChanges } from '../run/listeners.js'
import { ReportText } from '../run/report-text.js'
import type { RunModel } from '../run/run-model.js'
import { ScanBars } from '../run/scan-bars.js'
import { type Filter, isShaped, type Shape, type Sort, unshaped } from '../run/shape.js'
import { CellView } from './cell-view.js'
import { type Cell, Grid } from './grid.js'
import { LocatedMap, MapView, mostDrawn, useFirstRows } from './map-view.js'
import { savePng, saveResult, saveSvg } from './save.js'
import { Waterfall } from './waterfall.js'

const views = ['table', 'map', 'chart', 'calls'] as const

export type View = (typeof views)[number]

const viewNames: Readonly<Record<View, string>> = {
  table: 'Table',
  map: 'Map',
  chart: 'Chart',
  calls: 'Calls',
}

export interface ResultViewProps {
  readonly model: RunModel
  readonly tables: readonly CatalogTable[]
  readonly onShape: (shape: Shape) => void
}

export function ResultView({ model, tables, onShape }: ResultViewProps) {
  useChanges(model)
  const { columns = [], state } = model
  const places = useMemo(() => placeColumns(columns), [columns])
  const { first } = model.rows
  // Rows come into the same array.
  const lookedAt = Math.min(first.length, mostLookedAt)
  const locator = useMemo(() => locatorFor(columns, first, tables), [columns, first, lookedAt, tables])
  const suggested = useMemo(() => pickChart(columns), [columns])
  const [chosenView, chooseView] = useState<View>()
  const [chosenChart, chooseChart] = useState<Chart>()
  const [cell, setCell] = useState<Cell>()
  // Where places have to be asked for first, there is no map until they are there.
  const [isLocated, setLocated] = useState(false)
  useEffect(() => setCell(undefined), [model])
  const chart = chosenChart ?? suggested
  const available = views.filter((view) => {
    if (view === 'map') return places !== undefined || locator !== undefined
    if (view === 'chart') return suggested !== undefined
    return view === 'calls' || state.kind !== 'failed'
  })
  const preferred = chosenView ?? (places !== undefined ? 'map' : 'table')
  const view = state.kind === 'failed' ? 'calls' : available.includes(preferred) ? preferred : 'table'
  const pictured = useFirstRows(model, view === 'map' || view === 'chart')
  const { shape } = model.asked
  const hasDistinctNames = new Set(columns.map(({ name }) => name)).size === columns.length
  const addFilters = (filters: readonly Filter[]) => {
    const others = shape.filters.filter(({ column }) => !filters.some((one) => one.column === column))
    onShape({ ...shape, filters: [...others, ...filters] })
  }
  const onPlace = (place: Place) => {
    if (places === undefined) return
    const filterOf = (index: number, value: string): Filter => {
      return { column: columns[index]?.name ?? '', operator: '=', value }
    }
    const [latitude, longitude] = place.texts
    addFilters([filterOf(places.latitude, latitude), filterOf(places.longitude, longitude)])
  }
  const grid = (
    <Grid
      model={model}
      columns={columns}
      sort={shape.sort}
      onSort={(column) => onShape({ ...shape, sort: nextSort(shape.sort, column) })}
      cell={cell}
      onCell={setCell}
    />
  )
  return (
    <section class="result" aria-label="Answer">
      <div class="result-bar">
        <div role="tablist" aria-label="Views" class="views">
          {available.map((each) => (
            <button
              key={each}
              type="button"
              role="tab"
              id={`view-${each}`}
              aria-selected={each === view}
              aria-controls="view"
              onClick={() => chooseView(each)}
            >
              {viewNames[each]}
            </button>
          ))}
        </div>
        <Filters shape={shape} columns={columns} onShape={onShape} />
        <div class="result-tools">
          {(view === 'chart' || (view === 'map' && (places !== undefined || isLocated))) && (
            <PictureButtons name={view} />
          )}
          {columns.length > 0 && state.kind === 'ended' && <SaveButtons model={model} columns={columns} />}
        </div>
      </div>
      {state.kind === 'running' && <ScanBars scans={model.progress} planned={model.asked.planned} />}
      {state.kind === 'failed' && <ReportText report={state.report} />}
      <Notices model={model} />
      <div class="view" id="view" role="tabpanel" aria-labelledby={`view-${view}`}>
        {view === 'table' && columns.length > 0 && grid}
        {view === 'map' && (
          <div class="map-and-rows">
            {places === undefined && locator !== undefined && (
              <LocatedMap model={model} locator={locator} onMap={setLocated} />
            )}
            {places !== undefined && pictured !== undefined && (
              <MapView rows={pictured} columns={places} onPlace={hasDistinctNames ? onPlace : undefined} />
            )}
            {grid}
          </div>
        )}
        {view === 'chart' && chart !== undefined && pictured !== undefined && (
          <ChartView
            columns={columns}
            rows={pictured}
            chart={chart}
            onChart={chooseChart}
            onRange={hasDistinctNames ? addFilters : undefined}
          />
        )}
        {view === 'calls' && <Waterfall progress={model.progress} calls={model.calls} scans={model.scans} />}
        {cell !== undefined && (view === 'table' || view === 'map') && (
          <ChosenCell
            model={model}
            cell={cell}
            columns={columns}
            onFilter={hasDistinctNames ? addFilters : undefined}
            onClose={() => setCell(undefined)}
          />
        )}
      </div>
      {(view === 'map' || view === 'chart') && model.rows.count > mostDrawn && (
        <p class="result-note">The picture has the first {counted(mostDrawn, 'row')}.</p>
      )}
      {model.rows.failure !== undefined && <p class="result-note is-error">{model.rows.failure}</p>}
    </section>
  )
}

function nextSort(sort: Sort | undefined, column: number): Sort | undefined {
  if (sort?.column !== column) return { column, descending: false }
  return sort.descending ? undefined : { column, descending: true }
}

interface FiltersProps {
  readonly shape: Shape
  readonly columns: readonly Column[]
  readonly onShape: (shape: Shape) => void
}

function Filters({ shape, columns, onShape }: FiltersProps) {
  if (!isShaped(shape)) return null
  const { filters, sort } = shape
  return (
    <ul class="filters" aria-label="Filters">
      {filters.map((filter) => (
        <li key={`${filter.column} ${filter.operator}`}>
          <span class="mono">
            {filter.column} {filter.value === undefined ? 'is null' : `${filter.operator} ${filter.value}`}
          </span>
          <button
            type="button"
            aria-label={`Remove the filter ${filter.column} ${filter.operator} ${filter.value ?? 'null'}`}
            onClick={() => onShape({ ...shape, filters: filters.filter((one) => one !== filter) })}
          >
            ×
          </button>
        </li>
      ))}
      {sort !== undefined && (
        <li>
          <span class="mono">
            by {columns[sort.column]?.name ?? sort.column + 1}
            {sort.descending ? ', descending' : ''}
          </span>
          <button
            type="button"
            aria-label="Do not sort"
            onClick={() => onShape({ ...shape, sort: undefined })}
          >
            ×
          </button>
        </li>
      )}
      <li class="filters-clear">
        <button type="button" onClick={() => onShape(unshaped)}>
          Clear
        </button>
      </li>
    </ul>
  )
}

const formatNames: Readonly<Record<DownloadFormat, string>> = {
  csv: 'CSV',
  jsonl: 'JSON lines',
  parquet: 'Parquet',
}

function SaveButtons({ model, columns }: { readonly model: RunModel; readonly columns: readonly Column[] }) {
  const [failure, setFailure] = useState<string>()
  return (
    <fieldset class="save">
      <legend class="visually-hidden">Save the result</legend>
      {downloadFormats.map((format) => (
        <button
          key={format}
          type="button"
          onClick={() =>
            saveResult(format, columns, model.rows).then(
              () => setFailure(undefined),
              (error: unknown) => setFailure(error instanceof Error ? error.message : String(error)),
            )
          }
        >
          {formatNames[format]}
        </button>
      ))}
      {failure !== undefined && <span role="alert">{failure}</span>}
    </fieldset>
  )
}

function PictureButtons({ name }: { readonly name: string }) {
  const picture = () => document.querySelector<SVGSVGElement>('#view .map > svg, #view .chart-place svg')
  const save = (how: (svg: SVGSVGElement, name: string) => unknown) => {
    const svg = picture()
    if (svg !== null) void how(svg, name)
  }
  return (
    <fieldset class="save">
      <legend class="visually-hidden">Save the picture</legend>
      <button type="button" onClick={() => save(saveSvg)}>
        SVG
      </button>
      <button type="button" onClick={() => save(savePng)}>
        PNG
      </button>
    </fieldset>
  )
}

function Notices({ model }: { readonly model: RunModel }) {
  const { notices } = model
  if (notices.length === 0) return null
  return (
    <details class="notices">
      <summary>{counted(notices.length, 'notice')}</summary>
      {notices.map((report, index) => (
        <ReportText key={`${index}`} report={report} />
      ))}
    </details>
  )
}

interface ChosenCellProps {
  readonly model: RunModel
  readonly cell: Cell
  readonly columns: readonly Column[]
  readonly onFilter: ((filters: readonly Filter[]) => void) | undefined
  readonly onClose: () => void
}

function ChosenCell({ model, cell, columns, onFilter, onClose }: ChosenCellProps) {
  const column = columns[cell.column]
  if (column === undefined) return null
  const value = model.rows.row(cell.row)?.[cell.column]
  // PostgreSQL compares no values of json.
  const canFilter = onFilter !== undefined && value !== undefined && column.type !== 'json'
  const filter = () => onFilter?.([{ column: column.name, operator: '=', value: value ?? undefined }])
  return (
    <CellView
      column={column}
      value={value}
      row={cell.row}
      onFilter={canFilter ? filter : undefined}
      onClose={onClose}
    />
  )
}
