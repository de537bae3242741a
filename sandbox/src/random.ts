/** Pseudo-random numbers that depend only on their seed, and are the same on every machine. */

/** A 32-bit hash of two 32-bit integers (the finaliser of MurmurHash3 over their mix). */
export function mix(seed: number, index: number): number {
  let h = (seed ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** A 32-bit hash of a text (FNV-1a). */
export function hashText(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** A source of pseudo-random 32-bit integers. */
export class Random {
  #state: number
  #drawn = 0

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  next(): number {
    return mix(this.#state, this.#drawn++)
  }

  /** An integer from 0 up to, not including, the bound. */
  below(bound: number): number {
    return Math.floor((this.next() / 2 ** 32) * bound)
  }

  /** A number from 0 up to, not including, 1. */
  fraction(): number {
    return this.next() / 2 ** 32
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0]
  }

  hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += this.next().toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }

  /** A version 4 UUID in shape. */
  uuid(): string {
    const hex = this.hex(32)
    const variant = '89ab'[this.below(4)] ?? '8'
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
  }
}
