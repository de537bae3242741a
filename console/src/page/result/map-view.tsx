/** A result on the map: by its own coordinates, or by those of a table that knows where its addresses are. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { PriceAnswer, Row } from '../../protocol/messages.js'
import { fetchPrice } from '../api/requests.js'
import {
  type Locator,
  locatingSql,
  type Place,
  type PlaceColumns,
  placeColumns,
  placesIn,
} from '../map/places.js'
import { WorldMap } from '../map/world-map.js'
import { useChanges } from '../run/listeners.js'
import { ReportText } from '../run/report-text.js'
import { RunModel } from '../run/run-model.js'
import { ScanBars } from '../run/scan-bars.js'
import { shapedSql, unshaped } from '../run/shape.js'

/** Rows that are looked at for a picture. */
export const mostDrawn = 10_000

export interface MapViewProps {
  readonly rows: readonly Row[]
  readonly columns: PlaceColumns
  readonly onPlace: ((place: Place) => void) | undefined
}

export function MapView({ rows, columns, onPlace }: MapViewProps) {
  const places = useMemo(() => placesIn(rows, columns), [rows, columns])
  return <WorldMap places={places} onPlace={onPlace} />
}

export interface LocatedMapProps {
  readonly model: RunModel
  readonly locator: Locator
  /** Told whether the map is there. */
  readonly onMap: (isThere: boolean) => void
}

/** Asks only when it is told to: the answer may take calls. */
export function LocatedMap({ model, locator, onMap }: LocatedMapProps) {
  const [asking, setAsking] = useState<RunModel>()
  const sql = locatingSql(shapedSql(model.asked.sql, model.asked.shape), locator)
  const calls = useCalls(sql, locator.table)
  useChanges(asking)
  useEffect(() => () => asking?.close(), [asking])
  const isThere = asking?.state.kind === 'ended'
  useEffect(() => onMap(isThere), [isThere, onMap])
  if (asking === undefined) {
    const ask = () => {
      const made = new RunModel({ sql, from: 0, fresh: false, shape: unshaped, planned: [] })
      setAsking(made)
      void made.start()
    }
    return (
      <div class="invitation">
        <p>
          <span class="mono">{locator.table}</span> knows where the addresses of{' '}
          <span class="mono">{locator.address.name}</span> are.
        </p>
        {calls !== undefined && <p class="quiet">Calls: {calls}. Places that are cached take none.</p>}
        <button type="button" class="primary" onClick={ask}>
          Show them on the map
        </button>
      </div>
    )
  }
  const { state, columns, rows } = asking
  if (state.kind === 'failed') return <ReportText report={state.report} />
  const places = columns === undefined ? undefined : placeColumns(columns)
  if (state.kind === 'running' || places === undefined)
    return <ScanBars scans={asking.progress} planned={[]} />
  return <MapView rows={rows.first} columns={places} onPlace={undefined} />
}

function useCalls(sql: string, table: string): string | undefined {
  const [answer, setAnswer] = useState<PriceAnswer>()
  useEffect(() => {
    const controller = new AbortController()
    fetchPrice(sql, controller.signal)
      .then(setAnswer)
      .catch(() => {})
    return () => controller.abort()
  }, [sql])
  if (answer?.kind !== 'priced') return undefined
  return answer.scans.find((scan) => scan.table === table)?.calls
}

/** The first rows of a run that has ended; undefined while they are on their way. */
export function useFirstRows(model: RunModel, isWanted: boolean): readonly Row[] | undefined {
  const [rows, setRows] = useState<readonly Row[]>()
  const isEnded = model.state.kind === 'ended'
  useEffect(() => {
    setRows(undefined)
    if (!isWanted || !isEnded) return
    model.rows.firstRows(mostDrawn).then(setRows, () => setRows(model.rows.first))
  }, [model, isWanted, isEnded])
  return rows
}
