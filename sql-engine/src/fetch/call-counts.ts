/** What a scan asks of its API, counted while it runs. */
export class CallCounts {
  /** Requests that were made, tries again among them. */
  calls = 0
  /** Requests that were made again after a failure. */
  retries = 0
  /** Times that the API said it is asked too often. */
  throttles = 0
}
