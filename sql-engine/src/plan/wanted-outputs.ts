import type { Block } from '../bind/binding.js'

/** Whether it matters how a value is spelt, or only what it equals, as in a condition. */
export type Want = 'spelt' | 'equal'

/** Outputs of queries that are read, by their positions; also those of blocks that are reached later. */
export class WantedOutputs {
  readonly #wanted = new Map<Block, Map<number, Want>>()
  readonly #whole = new Set<Block>()

  /** @returns whether that is new */
  add(block: Block, index: number, want: Want): boolean {
    const wanted = this.#wanted.get(block) ?? new Map<number, Want>()
    this.#wanted.set(block, wanted)
    const before = wanted.get(index)
    if (before === want || before === 'spelt') return false
    wanted.set(index, want)
    return true
  }

  /** Notes that all outputs are read, which are to be added, too. @returns whether that is new */
  addWhole(block: Block): boolean {
    if (this.#whole.has(block)) return false
    this.#whole.add(block)
    return true
  }

  of(block: Block): ReadonlyMap<number, Want> {
    return this.#wanted.get(block) ?? none
  }
}

const none: ReadonlyMap<number, Want> = new Map()
