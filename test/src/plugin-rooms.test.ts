import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { isTestFile } from './imports/import-rules.js'
import { readWorkspace, type WorkspacePackage } from './imports/workspace-package.js'

const { packages } = await readWorkspace(fileURLToPath(new URL('../..', import.meta.url)))

/** What each folder right under a package's sources imports of the others; a file beside them is a room by itself. */
function roomsOf({ files }: WorkspacePackage): ReadonlyMap<string, ReadonlySet<string>> {
  const rooms = new Map<string, Set<string>>()
  for (const { path, imports } of files) {
    if (isTestFile(path)) continue
    const from = roomOf(path)
    const imported = rooms.get(from) ?? new Set()
    rooms.set(from, imported)
    for (const { specifier } of imports) {
      if (!specifier.startsWith('.')) continue
      const to = roomOf(posix.join(posix.dirname(path), specifier))
      if (to !== from) imported.add(to)
    }
  }
  return rooms
}

/** @param path from the package's folder on: `src/<room>/…` or `src/<room>.ts` */
function roomOf(path: string): string {
  return path.split('/')[1]?.replace(/\.[jt]s$/, '') ?? ''
}

/** A way round that begins and ends in a room. */
function roundTrip(
  room: string,
  rooms: ReadonlyMap<string, ReadonlySet<string>>,
  way: readonly string[] = [],
): readonly string[] | undefined {
  for (const next of rooms.get(way.at(-1) ?? room) ?? []) {
    if (next === room) return [room, ...way, room]
    if (way.includes(next)) continue
    const found = roundTrip(room, rooms, [...way, next])
    if (found !== undefined) return found
  }
  return undefined
}

it.each(packages.filter(({ folder }) => folder.startsWith('plugins/')))(
  'the rooms of $folder depend one way',
  (plugin) => {
    const rooms = roomsOf(plugin)
    expect(rooms.size).toBeGreaterThan(0)
    expect([...rooms.keys()].map((room) => roundTrip(room, rooms)?.join(' → ')).filter(Boolean)).toEqual([])
  },
)
