/** What a check found to be untrue of a table. */
export class ConformanceFailure extends Error {
  override readonly name = 'ConformanceFailure'
}
