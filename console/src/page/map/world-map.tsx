/** Places on a map of the world, by their number of rows. */
import { geoNaturalEarth1, geoPath } from 'd3-geo'
import { select } from 'd3-selection'
import { type ZoomTransform, zoom, zoomIdentity } from 'd3-zoom'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { counted } from '../run/format.js'
import { placeLabels } from './labels.js'
import type { Place } from './places.js'
import { loadWorld, type World } from './world.js'

export interface WorldMapProps {
  readonly places: readonly Place[]
  /** Undefined where the result cannot be filtered by a place. */
  readonly onPlace: ((place: Place) => void) | undefined
}

/** Places that are drawn, those with most rows first; and those that the keyboard reaches. */
const mostPlaces = 2_000
const mostStops = 200
const furthest = 40

export function WorldMap({ places, onPlace }: WorldMapProps) {
  const svg = useRef<SVGSVGElement>(null)
  const [size, setSize] = useState({ width: 960, height: 480 })
  const [world, setWorld] = useState<World>()
  const [moved, setMoved] = useState<ZoomTransform>(zoomIdentity)
  const [hovered, setHovered] = useState<Place>()
  const { width, height } = size
  useEffect(() => void loadWorld().then(setWorld), [])
  useLayoutEffect(() => {
    const element = svg.current
    if (element === null) return undefined
    const measure = () => setSize({ width: element.clientWidth || 960, height: element.clientHeight || 480 })
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    measure()
    return () => observer.disconnect()
  }, [])
  const projection = useMemo(
    () =>
      geoNaturalEarth1().fitExtent(
        [
          [8, 8],
          [width - 8, height - 8],
        ],
        { type: 'Sphere' },
      ),
    [width, height],
  )
  const path = useMemo(() => geoPath(projection), [projection])
  const drawn = useMemo(
    () =>
      places.slice(0, mostPlaces).flatMap((place) => {
        const at = projection([place.longitude, place.latitude])
        return at === null ? [] : [{ place, x: at[0], y: at[1] }]
      }),
    [places, projection],
  )
  const zooming = useMemo(
    () =>
      zoom<SVGSVGElement, unknown>()
        .scaleExtent([1, furthest])
        .on('zoom', ({ transform }) => setMoved(transform)),
    [],
  )
  useEffect(() => {
    const element = svg.current
    if (element === null) return undefined
    zooming
      .extent([
        [0, 0],
        [width, height],
      ])
      .translateExtent([
        [0, 0],
        [width, height],
      ])
    select(element).call(zooming)
    return () => void select(element).on('.zoom', null)
  }, [zooming, width, height])
  const show = (transform: ZoomTransform) => {
    if (svg.current !== null) select(svg.current).call(zooming.transform, transform)
  }
  useEffect(() => show(around(drawn, width, height)), [drawn])
  const most = drawn[0]?.place.rows ?? 1
  const dots = drawn.map(({ place, x, y }) => ({
    place,
    x: moved.applyX(x),
    y: moved.applyY(y),
    radius: radiusOf(place.rows, most),
    name: place.name,
  }))
  const labels = dots.length <= 60 ? placeLabels(dots, width, height) : []
  const step = (factor: number) => {
    if (svg.current !== null) select(svg.current).call(zooming.scaleBy, factor)
  }
  return (
    <div class="map">
      <svg ref={svg} role="group" aria-label={`Map of ${counted(places.length, 'place')}`}>
        <g transform={moved.toString()}>
          <path class="map-sea" d={path({ type: 'Sphere' }) ?? ''} />
          {world !== undefined && <path class="map-land" d={path(world.land) ?? ''} />}
          {world !== undefined && <path class="map-borders" d={path(world.borders) ?? ''} />}
        </g>
        {dots.map(({ place, x, y, radius }, index) => (
          <g
            key={place.texts.join(' ')}
            role="button"
            tabIndex={index < mostStops ? 0 : -1}
            class="map-place"
            data-latitude={place.latitude}
            data-longitude={place.longitude}
            data-rows={place.rows}
            aria-label={`${place.name}, ${counted(place.rows, 'row')}`}
            transform={`translate(${x} ${y})`}
            onClick={() => onPlace?.(place)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' && event.key !== ' ') return
              event.preventDefault()
              onPlace?.(place)
            }}
            onPointerEnter={() => setHovered(place)}
            onPointerLeave={() => setHovered(undefined)}
            onFocus={() => setHovered(place)}
            onBlur={() => setHovered(undefined)}
          >
            <circle class="map-reach" r={radius + 6} />
            <circle class="map-dot" r={radius} />
          </g>
        ))}
        <g>
          {dots.map(({ place, name }, index) => {
            const label = labels[index]
            return label === undefined ? null : (
              <text
                key={place.texts.join(' ')}
                class="map-label"
                x={label.x}
                y={label.y}
                text-anchor={label.anchor}
              >
                {name}
              </text>
            )
          })}
        </g>
      </svg>
      <div class="map-tools">
        <button type="button" aria-label="Nearer" onClick={() => step(1.8)}>
          +
        </button>
        <button type="button" aria-label="Farther" onClick={() => step(1 / 1.8)}>
          −
        </button>
        <button type="button" aria-label="The whole world" onClick={() => show(zoomIdentity)}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <circle cx="8" cy="8" r="6" />
            <ellipse cx="8" cy="8" rx="2.6" ry="6" />
            <path d="M2 8h12" />
          </svg>
        </button>
      </div>
      <p class="map-words" aria-live="polite">
        {hovered === undefined
          ? `${counted(places.length, 'place')}${places.length > mostPlaces ? `, ${mostPlaces} of them drawn` : ''}`
          : `${hovered.name}: ${counted(hovered.rows, 'row')} at ${hovered.texts.join(', ')}`}
      </p>
    </div>
  )
}

function radiusOf(rows: number, most: number): number {
  return 4.5 + 11 * Math.sqrt(rows / most) * (most === 1 ? 0.12 : 1)
}

/** So near that all places are in sight, with some room around them. */
function around(
  dots: readonly { readonly x: number; readonly y: number }[],
  width: number,
  height: number,
): ZoomTransform {
  if (dots.length === 0) return zoomIdentity
  const [xs, ys] = [dots.map(({ x }) => x), dots.map(({ y }) => y)]
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const room = Math.min(
    (width * 0.66) / Math.max(1, right - left),
    (height * 0.5) / Math.max(1, bottom - top),
  )
  const scale = Math.max(1, Math.min(6, room))
  return zoomIdentity
    .translate(width / 2, height / 2)
    .scale(scale)
    .translate(-(left + right) / 2, -(top + bottom) / 2)
}
