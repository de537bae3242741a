/** Property selectors of JSON filter patterns: `$.a.b`, `$.list[1].id`, `$.['a.b']`, `$.list[*]`, `$.*`. */
import type { Scanner } from './scanner.js'

type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'element'; readonly index: number }
  | { readonly kind: 'any-field' }
  | { readonly kind: 'any-element' }

export interface Selector {
  readonly hasWildcard: boolean
  /** The nodes that the selector finds, none when the key is absent. */
  find(root: unknown): readonly unknown[]
}

export function parseSelector(scanner: Scanner): Selector {
  scanner.expect('$', 'at the start of a property selector')
  const steps: Step[] = []
  for (;;) {
    const step = parseStep(scanner, steps.length === 0)
    if (step === null) break
    steps.push(step)
  }
  if (steps.length === 0) throw scanner.error('a property selector starts with $.')
  const wildcards = steps.filter((step) => step.kind === 'any-field' || step.kind === 'any-element').length
  if (wildcards > 1) throw scanner.error('a property selector takes one wildcard')
  return { hasWildcard: wildcards > 0, find: (root) => find(root, steps) }
}

function parseStep(scanner: Scanner, isFirst: boolean): Step | null {
  const dotted = scanner.takeText('.')
  if (isFirst && !dotted) throw scanner.error('a property selector starts with $.')
  const quoted = scanner.take(/\['[^']*'\]/y)
  if (quoted !== null) return { kind: 'field', name: quoted.slice(2, -2) }
  if (dotted) {
    if (scanner.takeText('*')) return { kind: 'any-field' }
    const name = scanner.take(/[A-Za-z0-9_-]+/y)
    if (name !== null) return { kind: 'field', name }
    // `$.[0]` selects from an event that is itself a list.
    if (!isFirst) throw scanner.error('expected a property name')
  }
  if (scanner.takeText('[*]')) return { kind: 'any-element' }
  const index = scanner.take(/\[\d{1,9}\]/y)
  if (index !== null) return { kind: 'element', index: Number(index.slice(1, -1)) }
  if (isFirst) throw scanner.error('expected a property name')
  return null
}

function find(root: unknown, steps: readonly Step[]): readonly unknown[] {
  let nodes: readonly unknown[] = [root]
  for (const step of steps) {
    nodes = nodes.length === 1 ? descend(nodes[0], step) : nodes.flatMap((node) => descend(node, step))
    if (nodes.length === 0) break
  }
  return nodes
}

function descend(node: unknown, step: Step): readonly unknown[] {
  if (typeof node !== 'object' || node === null) return []
  switch (step.kind) {
    case 'field':
      return !Array.isArray(node) && Object.hasOwn(node, step.name) ? [Reflect.get(node, step.name)] : []
    case 'element':
      return Array.isArray(node) && step.index < node.length ? [node[step.index]] : []
    case 'any-field':
      return Array.isArray(node) ? [] : Object.values(node)
    case 'any-element':
      return Array.isArray(node) ? node : []
  }
}
