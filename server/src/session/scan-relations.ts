/** Which virtual tables a session's scan tables stand for, where PostgreSQL tells their OIDs. */

/** Of the latest statements; no cursor that is still read is likely to be older. */
const remembered = 10_000

/**
 * OIDs of scan tables, with those of the virtual tables. They outlive their statements: cursors tell them whenever they
 * are read, those WITH HOLD when the tables themselves are gone.
 */
export class ScanRelations extends Map<number, number> {
  /** Adds those of a statement, and forgets the oldest. */
  remember(relations: ReadonlyMap<number, number>): void {
    for (const [scanTable, table] of relations) this.set(scanTable, table)
    for (const scanTable of this.keys()) {
      if (this.size <= remembered) break
      this.delete(scanTable)
    }
  }
}
