/**
 * A task's place among those that a thread works on at once. What is decoded takes memory, so few tasks are worked on at a
 * time; but no task keeps its place while it waits for what comes from elsewhere, such as for a statement that has stopped to
 * take rows: others go on meanwhile.
 */
import type { Places } from './places.js'

export class WorkPlace {
  readonly #places: Places
  #isHeld = false
  #waits = 0
  #hasLeft = false
  #tellLeft = () => {}
  readonly #left = new Promise<void>((resolve) => {
    this.#tellLeft = resolve
  })

  constructor(places: Places) {
    this.#places = places
  }

  /** Ends also, without a place, when the task has left. */
  async take(): Promise<void> {
    const taken = this.#places.take().then(() => {
      this.#isHeld = true
      // It may have been left, or begun to wait again, since it was asked for.
      if (this.#hasLeft || this.#waits > 0) this.#giveBack()
    })
    await Promise.race([taken, this.#left])
  }

  /** Gives the place to others while something is waited for. */
  async whileWaiting<Result>(wait: () => Promise<Result>): Promise<Result> {
    if (this.#waits++ === 0) this.#giveBack()
    try {
      return await wait()
    } finally {
      if (--this.#waits === 0 && !this.#hasLeft) await this.take()
    }
  }

  /** The task needs none any more. */
  leave(): void {
    this.#hasLeft = true
    this.#tellLeft()
    this.#giveBack()
  }

  #giveBack(): void {
    if (this.#isHeld) this.#places.giveBack()
    this.#isHeld = false
  }
}
