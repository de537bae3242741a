/**
 * Turns of the event loop. To begin a call takes up to some milliseconds of the main thread; fifty that begin in one turn would
 * keep all sessions waiting for as long as all of them take.
 */

/** The most calls that begin in a turn. */
const mostPerTurn = 8

/** How many have begun in this turn. */
let begun = 0

/** Waits for a turn of the event loop in which few calls have begun. First come, first served. */
export async function shareTurn(): Promise<void> {
  while (begun >= mostPerTurn) await new Promise<void>((resolve) => setImmediate(resolve))
  if (begun === 0) setImmediate(endTurn)
  begun++
}

function endTurn(): void {
  begun = 0
}
