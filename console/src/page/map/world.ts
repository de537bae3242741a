/** The world that the map is drawn on: Natural Earth's, from the package world-atlas. It is loaded when it is looked at. */
import type { GeoPermissibleObjects } from 'd3-geo'
import { feature, mesh } from 'topojson-client'
import address from 'world-atlas/countries-110m.json?url'

export interface World {
  readonly land: GeoPermissibleObjects
  readonly borders: GeoPermissibleObjects
}

type Topology = Parameters<typeof mesh>[0]
type Shapes = Parameters<typeof feature>[1] & Parameters<typeof mesh>[1]
type Countries = Topology & { readonly objects: { readonly countries: Shapes; readonly land: Shapes } }

let loading: Promise<World> | undefined

export function loadWorld(): Promise<World> {
  loading ??= load()
  return loading
}

async function load(): Promise<World> {
  const topology: Countries = await (await fetch(address)).json()
  const { countries, land } = topology.objects
  return { land: feature(topology, land), borders: mesh(topology, countries, (one, other) => one !== other) }
}
