/** Whoever is to hear that something has changed. */
import { useEffect, useState } from 'preact/hooks'

export class Listeners {
  readonly #listeners = new Set<() => void>()
  #isTold = false

  add(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells them once, however often it is called until the page is drawn next. */
  tell(): void {
    if (this.#isTold) return
    this.#isTold = true
    // A page that is not seen draws nothing.
    const schedule = document.hidden ? setTimeout : requestAnimationFrame
    schedule(() => {
      this.#isTold = false
      for (const listener of this.#listeners) listener()
    })
  }
}

/** Draws a component again whenever something changes. */
export function useChanges(source: { readonly listeners: Listeners } | undefined): void {
  const [, draw] = useState(0)
  useEffect(() => source?.listeners.add(() => draw((count) => count + 1)), [source])
}
