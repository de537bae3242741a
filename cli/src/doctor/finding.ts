/** What the doctor has found out about one thing. */
export interface Finding {
  /** What was looked at, in a word. */
  readonly subject: string
  /** A problem keeps Millrace from starting; a warning does not. */
  readonly state: 'ok' | 'warning' | 'problem'
  readonly said: string
  /** What to do about it. */
  readonly advice?: string | undefined
}

export type Look = () => Promise<readonly Finding[]>
