/** Exit codes. Docs: docs/cli.md. */
export type ExitCode =
  /** It could not do what was asked, or a query has failed. */
  | 1
  /** What was asked makes no sense: a wrong argument or setting. */
  | 2
  /** There is nobody to ask: no server answers, or none could be started. */
  | 3
  /** 128 and the number of the signal that ended it, as shells have it: SIGINT, SIGTERM. */
  | 130
  | 143

/** A failure that the user can fix. Shown as one line, without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode, cause?: unknown) {
    super(message, { cause })
    this.exitCode = exitCode
  }
}
