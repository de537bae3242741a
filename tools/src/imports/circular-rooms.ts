/**
 * Rooms of one package that import each other, straight or by way of others. A room is a folder under `src`, or a file
 * that lies in `src` itself. Where rooms make a circle, none of them can be read, tested or moved without the others.
 */
import { posix } from 'node:path'
import type { SourceFile } from './workspace-package.js'

type Imports = ReadonlyMap<string, ReadonlyMap<string, string>>

/** @returns a line for each import, of those between two rooms, that closes a circle; `from → to (file → file)` */
export function circularRooms(files: readonly SourceFile[]): string[] {
  const imports = importsOfRooms(files)
  return [...imports].flatMap(([from, targets]) =>
    [...targets]
      .filter(([to]) => reachable(to, imports).has(from))
      .map(([to, example]) => `${from} → ${to} (${example})`),
  )
}

/** By room, the rooms that it imports, each with an import that does. */
function importsOfRooms(files: readonly SourceFile[]): Imports {
  const imports = new Map<string, Map<string, string>>()
  for (const { path, imports: found } of files) {
    const from = roomOf(path)
    for (const { specifier } of found) {
      if (!specifier.startsWith('.')) continue
      const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts')
      const to = roomOf(target)
      if (to === from) continue
      const targets = imports.get(from) ?? new Map<string, string>()
      imports.set(from, targets)
      if (!targets.has(to)) targets.set(to, `${path} → ${target}`)
    }
  }
  return imports
}

/** @param path from the package's folder on, `src/room/…/file.ts` or `src/file.ts` */
function roomOf(path: string): string {
  return path.split('/', 2).join('/')
}

function reachable(room: string, imports: Imports): ReadonlySet<string> {
  const seen = new Set([room])
  for (const each of seen) for (const to of imports.get(each)?.keys() ?? []) seen.add(to)
  return seen
}
