/** Which virtual tables a session's scan tables stand for, where PostgreSQL reports their OIDs. */

/** The number of OIDs remembered, those of the latest statements; a cursor that is still read is hardly older. */
const remembered = 10_000

/**
 * OIDs of scan tables, with those of the virtual tables. They outlive their statements: cursors report them whenever
 * they are read, those WITH HOLD even when the tables themselves are gone.
 */
export class ScanRelations extends Map<number, number> {
  /** Adds the relations of a statement, and forgets the oldest. */
  remember(relations: ReadonlyMap<number, number>): void {
    for (const [scanTable, table] of relations) this.set(scanTable, table)
    for (const scanTable of this.keys()) {
      if (this.size <= remembered) break
      this.delete(scanTable)
    }
  }
}
