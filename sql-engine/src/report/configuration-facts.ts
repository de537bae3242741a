/** What the one who has read the configuration knows of it, and system tables show. */

/** A setting of the server, with the value that is in effect. */
export interface SettingFact {
  readonly name: string
  /** As a text; hidden where it is a secret. */
  readonly value: string | null
  readonly usual: string | null
  /** A place in a file, a variable of the environment, or `default`. */
  readonly source: string
  readonly description: string
}

/** A limiter of a block of a plugin's settings, as it was written. */
export interface LimiterFact {
  readonly name: string
  readonly plugin: string
  /** The name of the block. */
  readonly instance: string
  readonly bucketSize: number | undefined
  readonly fillRate: number | undefined
  readonly maxConcurrency: number | undefined
  readonly scope: readonly string[]
  readonly where: string | undefined
  readonly file: string
  readonly firstLine: number
}

export interface ConfigurationFacts {
  readonly settings: readonly SettingFact[]
  readonly limiters: readonly LimiterFact[]
}

export const noFacts: ConfigurationFacts = { settings: [], limiters: [] }
