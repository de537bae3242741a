/** The trails that the sandbox knows. */

export interface Trail {
  readonly name: string
  readonly homeRegion: string
  readonly isMultiRegion: boolean
  /** The trail as DescribeTrails gives it, besides name, ARN, home region and multi-region flag. */
  readonly description: Readonly<Record<string, string | boolean>>
  /** The status as GetTrailStatus gives it; times in epoch seconds. */
  readonly status: Readonly<Record<string, string | number | boolean>>
  readonly eventSelectors?: readonly unknown[]
  readonly advancedEventSelectors?: readonly unknown[]
  /** The selectors; absent where Insights is off. */
  readonly insightSelectors?: readonly unknown[]
  readonly tags: Readonly<Record<string, string>>
}

export class TrailStore {
  readonly #trails: Trail[] = []

  constructor(readonly accountId: string) {}

  add(trail: Trail): void {
    this.#trails.push(trail)
  }

  arnOf(trail: Trail): string {
    return `arn:aws:cloudtrail:${trail.homeRegion}:${this.accountId}:trail/${trail.name}`
  }

  /** Trails whose home is the region and, if wanted, the copies that multi-region trails have there. */
  inRegion(region: string, withShadows: boolean): readonly Trail[] {
    return this.#trails.filter((trail) => trail.homeRegion === region || (withShadows && trail.isMultiRegion))
  }

  byName(name: string, region: string): Trail | undefined {
    return this.#trails.find((trail) => trail.name === name && trail.homeRegion === region)
  }

  byArn(arn: string): Trail | undefined {
    return this.#trails.find((trail) => this.arnOf(trail) === arn)
  }
}
