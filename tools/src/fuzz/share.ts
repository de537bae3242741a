/** Counts of what was needless, with examples. */
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'

/** Of those asked for, how many were needless, with the shortest statements that show it. */
export class Share {
  asked = 0
  needless = 0
  /** Needless only because of a condition that decides nothing. */
  idle = 0
  readonly #examples: string[] = []

  /** @param needless the columns, or the table, of one statement */
  add(asked: number, needless: readonly string[], query: RandomQuery): void {
    this.asked += asked
    this.needless += needless.length
    if (needless.length === 0) return
    this.#examples.push(`${needless.join(', ')} in ${query.text}${parametersOf(query)}`)
    this.#examples.sort((left, right) => left.length - right.length).splice(shown)
  }

  describe(what: string): string {
    const percent = this.asked === 0 ? 0 : (100 * this.needless) / this.asked
    const beside = this.idle === 0 ? '' : `; ${this.idle} more beside conditions that decide nothing`
    return `${this.needless} of ${this.asked} ${what} (${percent.toFixed(1)} %${beside})`
  }

  get examples(): readonly string[] {
    return this.#examples
  }
}

const shown = 40

/** For a report. */
export function parametersOf({ parameters }: RandomQuery): string {
  return parameters.length === 0 ? '' : ` with ${JSON.stringify(parameters)}`
}
