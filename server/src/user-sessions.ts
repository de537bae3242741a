/** How many sessions each user has, and no more than it may have. */
import { DatabaseError } from '@millrace/sql-engine/database-error'

export class UserSessions {
  readonly #counts = new Map<string, number>()

  /**
   * Counts a session.
   * @param most that the user may have
   * @returns a function to call when it has ended
   * @throws DatabaseError 53300; nothing is counted then
   */
  begin(user: string, most = Number.POSITIVE_INFINITY): () => void {
    const count = this.#counts.get(user) ?? 0
    if (count >= most) {
      throw new DatabaseError(`too many connections for role "${user}"`, { sqlState: '53300' })
    }
    this.#counts.set(user, count + 1)
    return () => {
      const left = (this.#counts.get(user) ?? 0) - 1
      if (left > 0) this.#counts.set(user, left)
      else this.#counts.delete(user)
    }
  }
}
