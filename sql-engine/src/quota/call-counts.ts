import { type CallProgress, untoldCall } from './progress-record.js'

/** Counts what a scan asks of its API while it runs. */
export class CallCounts {
  /** Requests that were made, including repeated ones. */
  calls = 0
  /** Requests that were made again after a failure. */
  retries = 0
  /** How often the API has said that it is asked too often. */
  throttles = 0
  /** Calls that whoever answered has made in turn, as far as that is known. */
  innerCalls = 0

  /** Notes that a call wants to begin, and waits for its turn. @param _name of the API's call */
  wantCall(_name: string): CallProgress {
    return untoldCall
  }

  /**
   * Counts a request that is about to be made.
   * @param _name of the API's call
   * @throws DatabaseError if it must not be made
   */
  beginCall(_name: string): void {
    this.calls++
  }

  /** Notes that a request is made again. @param _name of the API's call */
  noteRetry(_name: string): void {
    this.retries++
  }

  /** Notes that the API has said that it is asked too often. @param _name of the API's call */
  noteThrottle(_name: string): void {
    this.throttles++
  }

  /** Makes a request that is part of the scan. @param _name of the API's call */
  trace<Result>(_name: string, request: () => Promise<Result>): Promise<Result> {
    return request()
  }

  /** Notes that keys have been asked for, and answered. */
  keysDone(_keys: number): void {}
}
