/** What CloudTrail Lake holds in the sandbox. Members are named as in the API, times are epoch seconds. */

interface Regional {
  readonly region: string
}

export interface EventDataStore extends Regional {
  /** What stands behind `eventdatastore/` in its ARN. */
  readonly id: string
  /** As GetEventDataStore gives it, beside the ARN. */
  readonly description: {
    readonly Name: string
    readonly Status: 'ENABLED' | 'PENDING_DELETION'
    readonly [member: string]: unknown
  }
}

export interface Channel extends Regional {
  /** What stands behind `channel/` in its ARN. */
  readonly id: string
  /** As GetChannel gives it, beside the ARN. */
  readonly description: { readonly Name: string; readonly [member: string]: unknown }
}

export interface Import extends Regional {
  /** As GetImport gives it. */
  readonly description: {
    readonly ImportId: string
    readonly ImportStatus: string
    readonly Destinations: readonly string[]
    readonly CreatedTimestamp: number
    readonly UpdatedTimestamp: number
    readonly [member: string]: unknown
  }
}

export interface Query extends Regional {
  /** The id of the event data store that was asked. */
  readonly store: string
  /** As DescribeQuery gives it. */
  readonly description: {
    readonly QueryId: string
    readonly QueryStatus: string
    readonly QueryStatistics: { readonly CreationTime: number; readonly [member: string]: unknown }
    readonly [member: string]: unknown
  }
}

/** May be added to at any time. */
export class LakeStore {
  readonly stores: EventDataStore[] = []
  readonly channels: Channel[] = []
  readonly imports: Import[] = []
  readonly queries: Query[] = []
  /** Regions that do not offer CloudTrail Lake. */
  readonly regionsWithout = new Set<string>()
}

export function arnOf(
  kind: 'eventdatastore' | 'channel',
  region: string,
  accountId: string,
  id: string,
): string {
  return `arn:aws:cloudtrail:${region}:${accountId}:${kind}/${id}`
}
