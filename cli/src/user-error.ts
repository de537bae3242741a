/** Exit codes, as most commands use them. */
export type ExitCode =
  /** The command could not do what was asked. */
  | 1
  /** What was asked makes no sense: a wrong argument or setting. */
  | 2

/** A failure that the user can fix. Shown as one line, without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode, cause?: unknown) {
    super(message, { cause })
    this.exitCode = exitCode
  }
}
